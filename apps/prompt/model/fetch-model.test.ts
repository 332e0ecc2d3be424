import { createHash } from 'node:crypto';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunOrder } from '../worker-messages.ts';
import { fetchServed, roundToLoad } from './exports.ts';

type Answering = (url: string, init: RequestInit) => Promise<Response>;
let answering: Answering;

/** Cache storage as far as models use it. */
const caches = () => {
  const all = new Map<string, Map<string, Response>>();
  return {
    async open(name: string) {
      const kept = all.get(name) ?? new Map<string, Response>();
      all.set(name, kept);
      return {
        keys: async () => [...kept.keys()].map((url) => ({ url })),
        match: async (url: string) => kept.get(url)?.clone(),
        put: async (url: string, response: Response) => void kept.set(url, response),
        delete: async ({ url }: { url: string }) => kept.delete(url),
      };
    },
  };
};

beforeEach(() => {
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('caches', caches());
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => answering(url, init));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** As in a worker that has just begun: nothing is in memory. */
const freshWorker = () => {
  vi.resetModules();
  return import('./fetch-model.ts');
};

test('the router is fetched again only when it has changed, also after a reload', async () => {
  let router = JSON.stringify({ kind: 'single', paths: ['0'] });
  const statuses: number[] = [];
  answering = async (_url, { headers }) => {
    const etag = `"${createHash('sha256').update(router).digest('hex')}"`;
    const isKnown = new Headers(headers).get('if-none-match')?.includes(etag) ?? false;
    const response = new Response(isKnown ? null : router, { status: isKnown ? 304 : 200, headers: { etag } });
    statuses.push(response.status);
    return response;
  };
  const bytes = router.length;
  const before = await freshWorker();
  expect((await before.fetchRouter('r1')).file).toEqual({ bytes, fetchedBytes: bytes });
  expect((await before.fetchRouter('r1')).file).toEqual({ bytes, fetchedBytes: 0 });
  const after = await freshWorker();
  expect(await after.fetchRouter('r1')).toEqual({
    router: { kind: 'single', paths: ['0'] },
    file: { bytes, fetchedBytes: 0 },
  });
  router = JSON.stringify({ kind: 'single', paths: ['1'] });
  expect((await after.fetchRouter('r1')).router.paths).toEqual(['1']);
  expect(statuses).toEqual([200, 304, 304, 200]);
});

const MODULES = [{ name: 'head', version: 12, sha256: 'a'.repeat(64), bytes: 8 }];
const order = { runId: 'r1', path: '0' } as RunOrder;
/** As `GET /export/0.modules.json` answers. */
const modules = (version: string, round: number) =>
  Response.json(MODULES, { headers: { etag: `"${version}"`, 'x-pathfold-round': `${round}` } });

test('a path that the run grew since it was opened has its levels read again, another has not', async () => {
  const { fetchPath } = await freshWorker();
  const shape = { width: 8, blocks: 1, heads: 1 };
  const levels = [{ experts: 2, blocks: 1 }];
  const grown = RunSpec.parse({
    corpus: 'c',
    model: shape,
    levels: [{ experts: 3, blocks: 1 }],
    routing: { kind: 'random' },
  });
  const opened = { runId: 'r1', path: null, model: grown.model, levels, embedding: 'shared' } as RunOrder;
  const reads: string[] = [];
  answering = async (url) => {
    if (url.endsWith('.modules.json')) return modules('v1', 1);
    if (url !== '/api/v1/runs/r1') return new Response(new Uint8Array(8));
    reads.push(url);
    return Response.json({ spec: grown });
  };
  vi.stubGlobal('isSecureContext', false);
  // These modules are none of the run's: how far it comes tells which levels it knows.
  await expect((await fetchPath(opened, '1', () => {})).onnx()).rejects.toThrow('module embedding has');
  expect(reads).toEqual([]);
  await expect((await fetchPath(opened, '2', () => {})).onnx()).rejects.toThrow('module embedding has');
  expect(reads).toHaveLength(1);
});

test('a download that stalls ends with its signal', async () => {
  const { fetchPath } = await freshWorker();
  const control = new AbortController();
  const asked: string[] = [];
  answering = async (url, { signal }) => {
    asked.push(url);
    if (url.endsWith('.modules.json')) return modules('v1', 12);
    return new Response(
      new ReadableStream({
        start: (body) => signal?.addEventListener('abort', () => body.error(signal.reason)),
      }),
    );
  };
  const fetching = fetchPath(order, '0', () => {}, control.signal);
  await vi.waitFor(() => expect(asked).toHaveLength(2));
  control.abort(new Error('stopped'));
  await expect(fetching).rejects.toThrow('stopped');
  answering = async (_url, { signal }) => {
    throw signal?.reason;
  };
  await expect(fetchPath(order, '0', () => {}, control.signal)).rejects.toThrow('stopped');
});

test('a round can be loaded when it is not the one that is here, whatever the round of the run', async () => {
  const { fetchPath } = await freshWorker();
  answering = async (url) => (url.endsWith('.json') ? modules('v12', 12) : new Response(new Uint8Array(8)));
  vi.stubGlobal('isSecureContext', false);
  const { model } = await fetchPath(order, '0', () => {});
  // Stopped early: the run is at 18, its best version stays the one that is served.
  expect(roundToLoad(await fetchServed('r1', '0'), model)).toBeNull();
  // Taken back, and trained again up to the same round.
  for (const [version, round] of [
    ['v10', 10],
    ['v12b', 12],
  ] as const) {
    answering = async () => modules(version, round);
    expect(roundToLoad(await fetchServed('r1', '0'), model)).toBe(round);
  }
  expect(roundToLoad(null, model)).toBeNull();
});
