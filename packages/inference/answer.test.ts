import { trainTokenizer } from '@pathfold/corpora/bpe';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { describe, expect, test } from 'vitest';
import { answer, type Question } from './answer.ts';
import type { PathSession } from './session.ts';

const tokenizer = readTokenizer(trainTokenizer(['the cat sat on the mat, the cat sat'], 280));
const VOCABULARY = 400;

/** A net that says these ids one after another, whatever it is asked. */
const scripted = (ids: number[]): PathSession => {
  let at = 0;
  return {
    start: { length: 0, tensors: {} },
    async run(fresh, cache) {
      const logits_TV = new Float32Array(VOCABULARY);
      logits_TV[ids[at++] ?? 0] = 1;
      logits_TV[VOCABULARY - 1] = 9;
      return { logits_TV, vocabulary: VOCABULARY, cache: { ...cache, length: cache.length + fresh.length } };
    },
    release: async () => {},
  };
};

const ask = async (ids: number[], options: Partial<Question> = {}) => {
  const question = {
    prompt: 'cat',
    maxTokens: 100,
    stop: [],
    temperature: 0,
    topP: 1,
    topK: null,
    seed: 0,
    ...options,
  };
  const pieces = [];
  const session = scripted(ids);
  const sessionAt = () => session;
  for await (const piece of answer({ sessionAt, tokenizer, context: 64 }, question)) pieces.push(piece);
  return {
    pieces: pieces.map(({ text }) => text),
    text: pieces.map(({ text }) => text).join(''),
    end: pieces.at(-1)!.end,
  };
};

const sat = tokenizer.encode(' sat on the 🧶!');

describe('answer', () => {
  test('ends with the document and counts its tokens', async () => {
    const { text, end } = await ask([...sat, 0, ...sat]);
    expect(text).toBe(' sat on the 🧶!');
    expect(end).toEqual({
      finishReason: 'stop',
      promptTokens: 1 + tokenizer.encode('cat').length,
      completionTokens: sat.length + 1,
    });
  });

  test('no piece ends inside a character', async () => {
    const { pieces } = await ask([...sat, 0]);
    expect(pieces).toContain('🧶');
    expect(pieces.join('')).not.toContain('\uFFFD');
  });

  test('a character that never completes is shown as such', async () => {
    expect((await ask([...tokenizer.encode('🧶').slice(0, 2), 0])).text).toBe('\uFFFD');
  });

  test('ends after as many tokens as were asked for', async () => {
    const { text, end } = await ask(sat, { maxTokens: 2 });
    expect(text).toBe(tokenizer.decode(sat.slice(0, 2)));
    expect(end).toMatchObject({ finishReason: 'length', completionTokens: 2 });
  });

  test('ends before a stop sequence, and shows what only looked like one', async () => {
    expect(await ask([...sat, 0], { stop: ['the 🧶'] })).toMatchObject({
      text: ' sat on ',
      end: { finishReason: 'stop' },
    });
    expect((await ask([...sat, 0], { stop: ['🧶!!'] })).text).toBe(' sat on the 🧶!');
  });

  test('refuses token ids that the tokenizer does not have', async () => {
    await expect(ask(sat, { prompt: [3, 399] })).rejects.toThrow('399');
  });
});
