import type { RouterResource } from '@pathfold/protocol/resources';
import { expect, test } from 'vitest';
import type { AnswerListener } from '../worker-messages.ts';
import { type AnsweringDoor, type Asking, createAnswers, type Shards } from './answers.ts';
import type { NetworkListener } from './ask-network.ts';

const question = { ...{ prompt: 'The', maxTokens: 4, stop: [], temperature: 1 }, ...{ topP: 1, topK: null, seed: 1 } };
const asking = (run: string, door: AnsweringDoor | null): Asking => ({
  ...{ run: { id: run, name: `run ${run}`, path: null }, question, door, every: null, loaded: null },
});
const END = { finishReason: 'stop', promptTokens: 1, completionTokens: 1 } as const;

/** A worker that answers as a test says. */
function playedDoor() {
  let listener!: AnswerListener;
  let end: () => void = () => {};
  let stops = 0;
  const door = {
    ask(_question: unknown, _every: unknown, listens: AnswerListener) {
      listener = listens;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    },
    async stop() {
      stops += 1;
    },
  } as unknown as AnsweringDoor;
  return { door, say: () => listener, end: () => end(), stops: () => stops };
}

function visit() {
  const reads = new Map<string, (shards: Shards) => void>();
  const network: { listener: NetworkListener; signal: AbortSignal }[] = [];
  const answers = createAnswers({
    readShards: (id) => new Promise((resolve) => reads.set(id, resolve)),
    askNetwork: (_run, _question, listener, signal) =>
      new Promise((_resolve, reject) => {
        network.push({ listener, signal });
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  });
  return { answers, reads, network };
}

const shardsOf = (name: string): Shards => new Map([['0', { domains: [{ name, share: 1 }] } as RouterResource]]);

test('an answer keeps the run that was asked, and the shards of that run', async () => {
  const { answers, reads } = visit();
  const [first, second] = [playedDoor(), playedDoor()];
  const answered = answers.ask(asking('r1', first.door));
  first.say().onRouted({ path: '0', runnerUp: null });
  first.end();
  await answered;
  void answers.ask(asking('r2', second.door));
  second.say().onRouted({ path: '0', runnerUp: null });
  // A late reading still goes to the answer that it was made for.
  reads.get('r2')!(shardsOf('laws'));
  reads.get('r1')!(shardsOf('whales'));
  await new Promise(setImmediate);
  const told = answers.snapshot().map(({ run, shards }) => [run.name, shards!.get('0')!.domains[0]!.name]);
  expect(told).toEqual([
    ['run r1', 'whales'],
    ['run r2', 'laws'],
  ]);
});

test('a worker that ends takes its own answer with it, and none that the network writes', async () => {
  const { answers, network } = visit();
  const worker = playedDoor();
  void answers.ask(asking('r1', worker.door));
  await worker.say().onPiece({ text: ' whale', end: null });
  answers.doorGone(worker.door);
  expect(answers.snapshot()).toMatchObject([{ text: ' whale', state: 'stopped' }]);

  void answers.ask(asking('r1', null));
  network[0]!.listener.onText(' sea', null);
  answers.doorGone(worker.door);
  expect(network[0]!.signal.aborted).toBe(false);
  network[0]!.listener.onText(' swam', END);
  expect(answers.snapshot().at(-1)).toMatchObject({ text: ' sea swam', state: 'done' });
});

test('Stop reaches the worker before its path is there, and the network', async () => {
  const { answers, network } = visit();
  const worker = playedDoor();
  const answered = answers.ask(asking('r1', worker.door));
  worker.say().onLoading({ receivedBytes: 1, totalBytes: 9 });
  answers.stop();
  expect(worker.stops()).toBe(1);
  worker.end();
  await answered;
  const asked = answers.ask(asking('r1', null));
  answers.stop();
  await asked;
  expect(network[0]!.signal.aborted).toBe(true);
  expect(answers.snapshot().map(({ state }) => state)).toEqual(['stopped', 'stopped']);
});
