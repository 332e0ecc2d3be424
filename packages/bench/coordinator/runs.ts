import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from '@pathfold/client/client';
import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import type { ServerProcess } from './server-process.ts';

const DOCUMENTS = 400;
const WORDS_A_DOCUMENT = 150;

/** Words without meaning, unlike from one document to the next; the same at every call. */
const documents = (): string => {
  let seed = 1;
  const next = (bound: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % bound;
  };
  const word = () => Array.from({ length: 2 + next(6) }, () => String.fromCharCode(97 + next(26))).join('');
  const line = () => JSON.stringify({ text: Array.from({ length: WORDS_A_DOCUMENT }, word).join(' ') });
  return Array.from({ length: DOCUMENTS }, line).join('\n');
};

/** Runs on a small corpus of their own, made through the HTTP interface. */
export const openRuns = async ({ url, token }: ServerProcess) => {
  const client: Client = createClient({ baseUrl: url, token });
  const { id: corpus } = await client.corpora.upload({
    name: 'bench',
    licence: 'CC0-1.0',
    format: 'jsonl',
    body: new Blob([documents()]),
  });
  return {
    /** Creates a run and waits until it trains. Nothing is evaluated. */
    async create(name: string, replicas: number, model: RunSpecInput['model']): Promise<string> {
      const { id } = await client.runs.create({
        name,
        corpus,
        model: { heads: 1, context: 16, vocabulary: 257, blocks: 1, ...model },
        inner: { steps: 1, batch: 1 },
        outer: { kind: 'nesterov' },
        replicas,
        totalSteps: 100_000_000,
        evaluateEvery: 10_000,
      });
      for (;;) {
        const run = await client.runs.get(id);
        if (run.state === 'training') return id;
        if (run.state === 'failed') throw new Error(`the run ${name} failed: ${run.reason}`);
        await sleep(200);
      }
    },
    pause: (id: string) => client.runs.pause(id),
    /** Answers when the run has reached this round. */
    async reach(id: string, round: number): Promise<void> {
      while ((await client.runs.get(id)).round < round) await sleep(100);
    },
  };
};
export type BenchRuns = Awaited<ReturnType<typeof openRuns>>;
