import { expect, test } from 'vitest';
import type { FromAnswers, ToAnswers } from './answer-words.ts';
import { serveAnswers } from './answers-worker.ts';

const ask = (lease: string): ToAnswers => ({
  ...{ type: 'ask', lease, modules: [] },
  task: {
    model: { width: 8, blocks: 1, heads: 1, context: 16, vocabulary: 300, tied: true },
    ...{ levels: [{ experts: 1, blocks: 1 }], embedding: 'shared', path: '0', modules: [] },
  },
  continuation: {
    ...{ temperature: 1, topP: 1, topK: null, seed: 1 },
    ...{ window: [0, 5], answered: 0, tokens: 4, vocabulary: 290 },
  },
});

test('what is hushed before its turn is not even opened; what cannot be opened is given back', async () => {
  const said: FromAnswers[] = [];
  let tell: (message: ToAnswers) => void = () => {};
  const port = {
    post: (message: FromAnswers) => void said.push(message),
    listen: (listener: typeof tell) => {
      tell = listener;
    },
  };
  serveAnswers(port, {}, { now: () => 0, nextTurn: async () => {} });
  tell(ask('a.1'));
  tell({ type: 'hush', lease: 'a.1' });
  tell(ask('a.2'));
  await expect.poll(() => said).toMatchObject([{ type: 'failed', lease: 'a.2' }]);
});
