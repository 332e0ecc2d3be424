import type { FigureOf } from '../claims.ts';
import { SPEEDS, slowest } from './speeds.ts';

/** Nats a byte of bytes drawn at random: an arm that diverged counts as if it ended there. */
const RANDOM_NATS = Math.log(256);

/** It was played, and has no loss in the end. */
const diverged = (of: FigureOf, arm: string): boolean => Number.isNaN(of(arm)) && Number.isFinite(of(arm, 'steps'));
const end = (of: FigureOf, arm: string): number => (diverged(of, arm) ? RANDOM_NATS : of(arm));

/** Change in perplexity a byte. */
export const perplexity = (of: FigureOf, arm: string, reference: string): number =>
  Math.expm1(end(of, arm) - of(reference));
/** Change in loss, relative: that of bits a byte as well. */
export const loss = (of: FigureOf, arm: string, reference: string): number => end(of, arm) / of(reference) - 1;

const MOST_LOOKS = 100;
/** Local steps of all workers at each look at an arm. */
function looks(of: FigureOf, arm: string): number[] {
  const steps: number[] = [];
  while (steps.length < MOST_LOOKS && Number.isFinite(of(arm, `steps.${steps.length}`)))
    steps.push(of(arm, `steps.${steps.length}`));
  return steps;
}

/** Nats a byte (an eighth of the test documents) after so many local steps, between two looks. */
function lossAt(of: FigureOf, arm: string, steps: number): number {
  const seen = looks(of, arm);
  const i = seen.findIndex((at) => at >= steps);
  if (i < 0) return Number.NaN;
  const now = of(arm, `glance.${i}`);
  if (i === 0) return now;
  const [since, before] = [seen[i - 1]!, of(arm, `glance.${i - 1}`)];
  return before + ((now - before) * (steps - since)) / (seen[i]! - since);
}

/** Nats a byte of two arms at the last local step that both of them reached. */
export function atEqualSteps(of: FigureOf, arm: string, reference: string): readonly [number, number] {
  const steps = Math.min(...[arm, reference].map((each) => looks(of, each).at(-1) ?? Number.NaN));
  return [diverged(of, arm) ? RANDOM_NATS : lossAt(of, arm, steps), lossAt(of, reference, steps)];
}

/** Change in loss, relative, at the last local step that both arms reached. */
export function lossAtEqualSteps(of: FigureOf, arm: string, reference: string): number {
  const [own, its] = atEqualSteps(of, arm, reference);
  return own / its - 1;
}

/** Virtual seconds until an arm's loss (an eighth of the test documents) is this low; NaN when it never is. */
export function secondsTo(of: FigureOf, arm: string, nats: number): number {
  for (let i = 0; Number.isFinite(of(arm, `glance.${i}`)); i++) {
    const [now, second] = [of(arm, `glance.${i}`), of(arm, `second.${i}`)];
    if (now > nats) continue;
    if (i === 0) return second;
    const [before, since] = [of(arm, `glance.${i - 1}`), of(arm, `second.${i - 1}`)];
    return since + ((second - since) * (before - nats)) / (before - now);
  }
  return Number.NaN;
}

/**
 * How many times sooner an arm has the synchronous run's last loss. A synchronous round lasts as long as its slowest
 * worker needs, and its arithmetic does not know how long that is: one synchronous arm serves every level.
 */
export const sooner = (of: FigureOf, arm: string, level: keyof typeof SPEEDS): number =>
  (of('sync', 'seconds') * slowest(SPEEDS[level])) /
  slowest(SPEEDS.very) /
  secondsTo(of, arm, of('sync', 'lastGlance'));
