/** Exit codes of a volunteer (apps/headless/main.ts). */
const CLEAN = 0;
export const USAGE = 2;
const REFUSED = 3;

/**
 * The words of `npm start` on its volunteer that ended with this code, null when a signal ended it, and whether it starts
 * it again: only what may go well the next time. `last`: the last line of its progress, which tells a refusal.
 */
export function afterEnd(code, last) {
  if (code === CLEAN) return { again: false, words: "This machine's volunteer stopped." };
  const ended = "This machine's volunteer ended, and is not started again.";
  if (code === REFUSED) return { again: false, words: `${ended} ${last}` };
  // It has said why on standard error.
  if (code === USAGE) return { again: false, words: ended };
  return { again: true, words: "This machine's volunteer ended unexpectedly; it starts again in ten seconds." };
}
