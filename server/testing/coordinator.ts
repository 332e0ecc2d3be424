import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { RunResource } from '@pathfold/protocol/resources';
import type { RunSpecInput } from '@pathfold/protocol/run-spec';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { buildApp } from '../app.ts';
import { type Config, LIMITS, readConfig, TIMINGS } from '../config.ts';
import { type Coordinator, openCoordinator } from '../coordinator.ts';
import { newDataFolder } from './folder.ts';

export const OPERATOR_TOKEN = 'test-operator-token-0123456789';
export const asOperator = { authorization: `Bearer ${OPERATOR_TOKEN}` };

/** A coordinator on a folder of its own; `restart` leaves the folder and starts anew, as after kill -9 when `hard`. */
export interface TestCoordinator {
  readonly app: FastifyInstance;
  readonly coordinator: Coordinator;
  readonly folder: string;
  /** Asks without a port. */
  ask(options: InjectOptions): Promise<LightMyRequestResponse>;
  /** Listens on a free port; answers the origin. */
  listen(): Promise<string>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

type Overrides = Partial<Omit<Config, 'limits' | 'timings'>> & {
  readonly limits?: Partial<Config['limits']>;
  readonly timings?: Partial<Config['timings']>;
};

/** `dataDir`: a folder that is there already, which `close` deletes as it does its own. */
export async function startTestCoordinator(overrides: Overrides = {}, dataDir?: string): Promise<TestCoordinator> {
  const folder = dataDir ?? (await newDataFolder());
  const env = {
    PATHFOLD_DATA_DIR: folder,
    PATHFOLD_NO_STARTER: '1',
    PATHFOLD_OPERATOR_TOKEN: OPERATOR_TOKEN,
  };
  const config: Config = {
    ...readConfig(env),
    packagedCorpus: false,
    ...overrides,
    limits: { ...LIMITS, ...overrides.limits },
    timings: { ...TIMINGS, ...overrides.timings },
  };
  const log = pino({ level: process.env['LOG_LEVEL'] ?? 'error' }, pino.destination(2));
  let failure: unknown = null;
  const open = async () => {
    const coordinator = await openCoordinator(config, {
      log,
      onFatal: (error) => {
        failure = error;
      },
    });
    return { coordinator, app: await buildApp(coordinator, log) };
  };
  let parts = await open();
  const shut = async () => {
    await parts.app.close();
    await parts.coordinator.close();
    if (failure) throw failure;
  };
  return {
    folder,
    get app() {
      return parts.app;
    },
    get coordinator() {
      return parts.coordinator;
    },
    ask(options) {
      const address = parts.app.server.address() as AddressInfo | null;
      const host = `localhost:${address?.port ?? config.port}`;
      return parts.app.inject({ ...options, headers: { host, ...options.headers } });
    },
    async listen() {
      await parts.app.listen({ port: 0, host: '127.0.0.1' });
      return `http://127.0.0.1:${(parts.app.server.address() as AddressInfo).port}`;
    },
    async restart() {
      await shut();
      parts = await open();
    },
    async close() {
      await shut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function until<T>(
  what: string,
  probe: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  timeoutMs = 110_000,
): Promise<T> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
    const answer = await probe();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Text with enough variety for a tokenizer of 300: `documents` of about 600 bytes. */
export function someText(documents: number): string {
  const words = 'path module round lease shard token level expert outer inner step tensor gradient swarm peer'.split(
    ' ',
  );
  let seed = 7;
  const word = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return words[(seed >>> 16) % words.length]! + ((seed >>> 8) % 10 === 0 ? '.' : '');
  };
  const line = () => JSON.stringify({ text: Array.from({ length: 100 }, word).join(' '), domain: 'words' });
  return Array.from({ length: documents }, line).join('\n');
}

export async function uploadCorpus({ ask }: TestCoordinator, documents = 60): Promise<string> {
  const headers = { ...asOperator, 'content-type': 'application/x-ndjson' };
  const payload = someText(documents);
  const answer = await ask({ method: 'POST', url: '/api/v1/corpora?name=words', headers, payload });
  if (answer.statusCode !== 201) throw new Error(answer.body);
  return answer.json<{ id: string }>().id;
}

export const TINY: Omit<RunSpecInput, 'corpus'> = {
  name: 'tiny',
  model: { width: 8, blocks: 1, heads: 1, context: 16, vocabulary: 300 },
  inner: { steps: 4, batch: 2, warmupSteps: 0 },
  replicas: 1,
  totalSteps: 1000,
};

/** Creates a run and waits until it trains. */
export async function createRun(test: TestCoordinator, spec: Partial<RunSpecInput> = {}): Promise<RunResource> {
  const corpus = spec.corpus ?? (await uploadCorpus(test));
  const payload = { ...TINY, ...spec, corpus };
  const created = await test.ask({ method: 'POST', url: '/api/v1/runs', headers: asOperator, payload });
  if (created.statusCode !== 201) throw new Error(created.body);
  const { id } = created.json<RunResource>();
  return until('the run to train', async () => {
    const run = (await test.ask({ url: `/api/v1/runs/${id}`, headers: asOperator })).json<RunResource>();
    if (run.state === 'failed') throw new Error(run.reason ?? 'failed');
    return run.state === 'training' && run;
  });
}
