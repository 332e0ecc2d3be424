import type { Sampler } from './sample.ts';
import type { PathSession } from './session.ts';

/**
 * Token ids that follow `prompt` (at least one id), without end: the caller stops asking.
 * The net was trained on `context` positions. When they are used up, the last half of them becomes a new context:
 * rotary positions count from its beginning, so the cache is computed anew.
 */
export async function* generate(
  session: PathSession,
  context: number,
  prompt: readonly number[],
  sample: Sampler,
): AsyncGenerator<number, never> {
  let window = prompt.slice(-context);
  let fresh: readonly number[] = window.slice();
  let cache = session.start;
  for (;;) {
    const step = await session.run(fresh, cache);
    const id = sample(step.logits_TV.subarray(-step.vocabulary));
    yield id;
    window.push(id);
    fresh = [id];
    cache = step.cache;
    if (window.length > context) {
      window = window.slice(-Math.floor(context / 2));
      fresh = window.slice();
      cache = session.start;
    }
  }
}
