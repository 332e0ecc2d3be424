/** How far the coordinator's clock is ahead of this machine's, in milliseconds: not less and not more than this. */
let ahead = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };

/** The `Date` of an answer leaves out the parts of its second. */
const RESOLUTION_MS = 1000;

/** `date`: of an answer that was sent for and came at these times of this machine. */
export function learnTime(date: string | null, sentAt: number, cameAt: number): void {
  const told = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(told)) return;
  const least = told - cameAt;
  const most = told + RESOLUTION_MS - sentAt;
  const fits = least <= ahead.most && most >= ahead.least;
  // Where it does not, one of the clocks was set: what was known before is known no more.
  ahead = fits ? { least: Math.max(least, ahead.least), most: Math.min(most, ahead.most) } : { least, most };
}

/** The coordinator's time, as far as its answers tell it: this machine's where that agrees with them. */
export const coordinatorTime = (now = Date.now()): number => now + Math.min(Math.max(0, ahead.least), ahead.most);
