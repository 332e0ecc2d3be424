import { END_OF_TEXT } from '@pathfold/protocol/blob';
import type { Continuation } from '@pathfold/protocol/continuation';
import { type Sampler, sampler } from './sample.ts';
import type { Cache, PathSession } from './session.ts';

/** The session that computes the next token; `answered`: those that came before it. Another one than the last reads the window anew. */
export type SessionAt = (answered: readonly number[]) => PathSession | Promise<PathSession>;

/**
 * The tokens that the net reads after one more. It was trained on `context` positions: when they are used up, the last half of
 * them becomes a new context.
 */
const slide = (window: number[], context: number): number[] =>
  window.length > context ? window.slice(-Math.floor(context / 2)) : window;

/** The tokens that the net reads for the one after `answered`, at most `context`: all that it knows of the text. */
export const windowAfter = (context: number, prompt: readonly number[], answered: readonly number[]): number[] => {
  let window = prompt.slice(-context);
  for (const id of answered) {
    window.push(id);
    window = slide(window, context);
  }
  return window;
};

/** Token ids that follow `prompt` (at least one id), without end: the caller stops asking. */
export async function* generate(
  sessionAt: SessionAt,
  context: number,
  prompt: readonly number[],
  sample: Sampler,
): AsyncGenerator<number, never> {
  let window = prompt.slice(-context);
  let computed: { readonly session: PathSession; readonly cache: Cache } | null = null;
  const answered: number[] = [];
  for (;;) {
    const session = await sessionAt(answered);
    // Keys and values belong to the path and to positions that count from the window's beginning.
    const isNew = computed?.session !== session;
    const fresh = isNew ? window.slice() : window.slice(-1);
    const step = await session.run(fresh, isNew ? session.start : computed!.cache);
    const id = sample(step.logits_TV.subarray(-step.vocabulary));
    yield id;
    answered.push(id);
    window.push(id);
    const slid = slide(window, context);
    computed = slid === window ? { session, cache: step.cache } : null;
    window = slid;
  }
}

/** Token ids that go on with an answer somewhere else than where it began: the same as there, but for rounding. */
export async function* continueAnswer(
  session: PathSession,
  context: number,
  { window, answered, tokens, vocabulary, ...sampling }: Continuation,
): AsyncGenerator<number, void> {
  const sample = sampler(sampling, vocabulary, answered);
  let count = 0;
  for await (const id of generate(() => session, context, window, sample)) {
    yield id;
    if (id === END_OF_TEXT || ++count >= tokens) return;
  }
}
