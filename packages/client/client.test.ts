import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { problemOf } from '@pathfold/protocol/errors';
import type { CorpusResource, RunEvent } from '@pathfold/protocol/resources';
import { afterEach, describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { coordinatorTime, learnTime } from './coordinator-clock.ts';
import { UnreachableError } from './http.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server | undefined;

async function serve(handler: Handler): Promise<string> {
  server = createServer(handler);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(null));
  server = undefined;
});

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));

const point = {
  round: 3,
  time: '2026-11-24T12:00:00Z',
  tokens: 1000,
  trainLoss: 3.2,
  validLoss: null,
  validBitsPerByte: null,
  perplexity: null,
  uploadBytes: 1,
  downloadBytes: 2,
  peerBytes: 3,
  volunteerCount: 1,
};

const corpus: CorpusResource = {
  id: 'speeches',
  name: 'Speeches',
  licence: 'CC0',
  state: 'ready',
  reason: null,
  documentCount: 1,
  textBytes: 10,
  badLines: { count: 1, first: [{ line: 7, reason: 'no text' }] },
  domains: [],
  createdAt: '2026-11-24T12:00:00Z',
};

describe('requests', () => {
  it('sends the operator token and reads the answer by its schema', async () => {
    let authorization: string | undefined;
    const baseUrl = await serve((request, response) => {
      authorization = request.headers.authorization;
      json(response, 200, { points: [point] });
    });
    const client = createClient({ baseUrl, token: 'secret' });
    expect(await client.runs.history('a')).toEqual([point]);
    expect(authorization).toBe('Bearer secret');
  });

  it('turns a problem into the error of its code', async () => {
    const baseUrl = await serve((_request, response) =>
      json(response, 409, problemOf('corpus_in_use', 'Run x uses it.')),
    );
    await expect(createClient({ baseUrl }).corpora.remove('a')).rejects.toMatchObject({
      code: 'corpus_in_use',
      detail: 'Run x uses it.',
    });
  });

  it('calls an answer without a known code an internal error', async () => {
    const baseUrl = await serve((_request, response) => response.writeHead(502).end('<html>'));
    await expect(createClient({ baseUrl }).runs.get('a')).rejects.toMatchObject({ code: 'internal' });
  });

  it('refuses an answer of another shape', async () => {
    const baseUrl = await serve((_request, response) => json(response, 200, { points: [{ round: 'three' }] }));
    await expect(createClient({ baseUrl }).runs.history('a')).rejects.toThrow();
  });

  it('tells silence from refusal', async () => {
    const baseUrl = await serve((request) => request.socket.destroy());
    await expect(createClient({ baseUrl }).runs.get('a')).rejects.toBeInstanceOf(UnreachableError);
  });
});

describe('the clock of the coordinator', () => {
  const HOUR_MS = 3_600_000;
  const aheadMs = () => coordinatorTime(0);

  it('is learnt from answers, refusals too, and again when a clock was set', async () => {
    let ahead = 0;
    const baseUrl = await serve((_request, response) =>
      response.writeHead(404, { Date: new Date(Date.now() + ahead).toUTCString() }).end('{}'),
    );
    const ask = () => expect(createClient({ baseUrl }).runs.get('a')).rejects.toThrow();
    await ask();
    expect(aheadMs()).toBe(0);
    ahead = -HOUR_MS;
    await ask();
    expect(Math.abs(aheadMs() + HOUR_MS)).toBeLessThanOrEqual(1000);
    ahead = 0;
    await ask();
    expect(aheadMs()).toBe(0);
  });

  it('is known the better the more answers tell it, though each leaves out the parts of its second', () => {
    const midnight = Date.parse('2026-11-24T00:00:00Z');
    const told = (ms: number) => new Date(midnight + ms).toUTCString();
    // It is an hour and 0.3 s ahead; each way takes 50 ms.
    for (const at of [1750, 1900, 2100, 2600]) {
      const there = at + HOUR_MS + 300;
      learnTime(told(there), midnight + at - 50, midnight + at + 50);
      expect(Math.abs(aheadMs() - HOUR_MS - 300)).toBeLessThanOrEqual(1050);
    }
    expect(Math.abs(aheadMs() - HOUR_MS - 300)).toBeLessThanOrEqual(110);
    // An answer without a date tells nothing.
    learnTime(null, midnight, midnight);
    learnTime('soon', midnight, midnight);
    expect(Math.abs(aheadMs() - HOUR_MS - 300)).toBeLessThanOrEqual(110);
    learnTime(told(0), midnight, midnight);
    expect(aheadMs()).toBe(0);
  });
});

describe('corpora.upload', () => {
  it('streams the file, tells its progress and answers the corpus with its bad lines', async () => {
    let received = '';
    let target = '';
    const baseUrl = await serve(async (request, response) => {
      target = `${request.method} ${request.url} ${request.headers['content-type']}`;
      for await (const chunk of request) received += chunk;
      json(response, 201, corpus);
    });
    const progress: number[] = [];
    const answer = await createClient({ baseUrl }).corpora.upload({
      name: 'My texts',
      licence: 'CC0',
      format: 'jsonl',
      body: new Blob(['{"text":"a"}\n']),
      onProgress: (sent) => progress.push(sent),
    });
    expect(received).toBe('{"text":"a"}\n');
    expect(target).toBe('POST /api/v1/corpora?name=My+texts&licence=CC0 application/x-ndjson');
    expect(progress.at(-1)).toBe(13);
    expect(answer.badLines.first).toEqual([{ line: 7, reason: 'no text' }]);
  });

  it('turns a refusal into its error', async () => {
    const baseUrl = await serve((request, response) => {
      request.resume();
      json(response, 422, problemOf('corpus_not_text'));
    });
    const upload = { name: 'a', licence: 'b', format: 'txt', body: new Blob(['x']) } as const;
    await expect(createClient({ baseUrl }).corpora.upload(upload)).rejects.toMatchObject({ code: 'corpus_not_text' });
  });
});

describe('runs.events', () => {
  it('reads frames that arrive in pieces and goes on from the last id after a cut', async () => {
    const seen: (string | undefined)[] = [];
    const frame = (id: number, round: number) =>
      `id: ${id}\ndata: ${JSON.stringify({ type: 'point', point: { ...point, round } })}\n\n`;
    const baseUrl = await serve((request, response) => {
      seen.push(request.headers['last-event-id'] as string | undefined);
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      if (seen.length > 1) return void response.write(`: hello\n\n${frame(8, 5)}`);
      const text = frame(7, 4);
      response.write(text.slice(0, 20));
      setTimeout(() => response.end(text.slice(20)), 20);
    });
    const events: RunEvent[] = [];
    const states: string[] = [];
    await new Promise<void>((resolve) => {
      const stop = createClient({ baseUrl }).runs.events('a', {
        onState: (state) => states.push(state),
        onEvent(event) {
          events.push(event);
          if (events.length < 2) return;
          stop();
          resolve();
        },
      });
    });
    expect(events.map((event) => event.type === 'point' && event.point.round)).toEqual([4, 5]);
    expect(seen).toEqual([undefined, '7']);
    expect(states).toEqual(['live', 'away', 'live']);
  });

  it('gives up when the run is gone', async () => {
    const baseUrl = await serve((_request, response) => json(response, 404, problemOf('not_found')));
    const error = await new Promise((resolve) =>
      createClient({ baseUrl }).runs.events('a', { onEvent() {}, onRefused: resolve }),
    );
    expect(error).toMatchObject({ code: 'not_found' });
  });
});
