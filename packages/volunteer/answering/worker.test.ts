import type { BriefRun } from '@pathfold/works/brief-run';
import { expect, test } from 'vitest';
import type { FromAnswers, ToAnswers } from './messages.ts';
import { serveAnswers } from './worker.ts';

const ask = (lease: string): ToAnswers => ({
  ...{ type: 'ask', lease, modules: [], body: `task of ${lease}` },
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
  const opened: unknown[] = [];
  const run: BriefRun = {
    async open(body) {
      opened.push(body);
      throw new Error('No such path.');
    },
  };
  serveAnswers(port, async () => run, {}, { now: () => 0, nextTurn: async () => {} });
  tell(ask('a.1'));
  tell({ type: 'hush', lease: 'a.1' });
  tell(ask('a.2'));
  await expect.poll(() => said).toEqual([{ type: 'failed', lease: 'a.2', detail: 'No such path.' }]);
  expect(opened).toEqual(['task of a.2']);
});
