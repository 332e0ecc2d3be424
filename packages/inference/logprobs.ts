import { END_OF_TEXT_TOKEN } from '@pathfold/corpora/byte-level';
import type { Tokenizer } from '@pathfold/corpora/tokenizer';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import type { PathSession } from './session.ts';

/** A token at its place: the logarithm of its probability under the net, before temperature, topP and topK. */
export interface TokenScore {
  readonly id: number;
  /** In nats. */
  readonly logprob: number;
  /** The likeliest tokens of that place, likeliest first. */
  readonly top: readonly { readonly id: number; readonly logprob: number }[];
}

/** `vocabulary`: ids from here on are never drawn, and have no probability. `alternatives`: how many of the likeliest are told. */
export function scoreOf(logits_V: Float32Array, vocabulary: number, id: number, alternatives: number): TokenScore {
  const logits = logits_V.subarray(0, vocabulary);
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  const likeliest: number[] = [];
  for (let other = 0; alternatives > 0 && other < logits.length; other++) {
    if (likeliest.length === alternatives && logits[likeliest.at(-1)!]! >= logits[other]!) continue;
    const rank = likeliest.findIndex((than) => logits[than]! < logits[other]!);
    likeliest.splice(rank < 0 ? likeliest.length : rank, 0, other);
    likeliest.length = Math.min(likeliest.length, alternatives);
  }
  const logprobOf = (of: number) => logits[of]! - total;
  return { id, logprob: logprobOf(id), top: likeliest.map((of) => ({ id: of, logprob: logprobOf(of) })) };
}

/**
 * Scores of the ids after the first, each after those before it. A text longer than the context is read as `generate`
 * would have written it: when the context is used up, its last half begins a new one.
 */
export async function* scoresOf(
  session: PathSession,
  context: number,
  ids: readonly number[],
  vocabulary: number,
  alternatives: number,
): AsyncGenerator<TokenScore, void> {
  for (let from = 0, next = 1; next < ids.length; ) {
    const end = Math.min(from + context, ids.length - 1);
    const { logits_TV, vocabulary: rows } = await session.run(ids.slice(from, end), session.start);
    for (; next <= end; next++) {
      const row = next - 1 - from;
      yield scoreOf(logits_TV.subarray(row * rows, (row + 1) * rows), vocabulary, ids[next]!, alternatives);
    }
    from = next - Math.floor(context / 2);
  }
}

/** A token as it is shown. `logprob` is null for the first of a text: nothing that was asked stands before it. */
export interface ShownToken {
  readonly token: string;
  readonly bytes: readonly number[];
  readonly logprob: number | null;
  readonly top: readonly Omit<ShownToken, 'top' | 'offset'>[];
  /** Where it begins in the text, in UTF-16 units; inside a character: where that one begins. */
  readonly offset: number;
}

/** A token alone as text. A part of a character is written as OpenAI's API does: `bytes:\xe2\x80`. */
function textOfToken(tokenizer: Tokenizer, id: number): string {
  if (id === END_OF_TEXT) return END_OF_TEXT_TOKEN;
  const bytes = tokenizer.bytesOf(id);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return `bytes:${[...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
  }
}

/** Shows tokens one after another, as parts of one text; the first begins at `offset`. */
export function tokenShower(tokenizer: Tokenizer, offset: number) {
  const characters = tokenizer.decodeStream();
  let next = offset;
  const shown = ({ id, logprob }: { id: number; logprob: number | null }) => ({
    token: textOfToken(tokenizer, id),
    bytes: [...tokenizer.bytesOf(id)],
    logprob,
  });
  return ({ id, logprob, top }: Omit<TokenScore, 'logprob'> & { logprob: number | null }): ShownToken => {
    const at = next;
    next += characters.push(id).length;
    return { ...shown({ id, logprob }), top: top.map(shown), offset: at };
  };
}
