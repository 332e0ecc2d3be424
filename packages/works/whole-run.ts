import { NOTHING_DONE, type WorkPorts, type WorkResult } from './work-run.ts';

/**
 * Takes a computation that yields between its units to its end, with pauses for the throttle. Cut short, it has no
 * contribution: half a result could not be computed again for comparison.
 */
export async function runWhole(
  work: Generator<void, Uint8Array>,
  amount: { readonly steps: number; readonly tokens: number },
  { clock, throttle, signal, remainingMs, onComputing, onProgress }: WorkPorts,
): Promise<WorkResult> {
  onComputing();
  const began = clock.now();
  let resumed = began;
  for (let steps = 1; ; steps++) {
    const next = work.next();
    const now = clock.now();
    if (next.done) return { payload: next.value, ...amount, computeMs: now - began, loss: null, keep: null };
    if (signal.aborted || remainingMs() <= 0) return NOTHING_DONE;
    const tokensPerSecond = (1000 * steps * amount.tokens) / amount.steps / Math.max(1, now - began);
    onProgress({ steps: Math.min(steps, amount.steps), loss: null, tokensPerSecond });
    if (now - resumed < BUSY_MS) continue;
    await clock.sleep((now - resumed) * (1 / throttle() - 1), signal);
    resumed = clock.now();
  }
}

/** Between two pauses at least. */
const BUSY_MS = 50;
