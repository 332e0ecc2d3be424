import { once } from 'node:events';
import { RunEvent } from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer';
import Fastify from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Feed } from '../runs/feed.ts';
import { recognizeOperators } from '../security/operator.ts';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator, until } from '../testing/coordinator.ts';
import { answerProblems } from './problems.ts';
import { runEventRoutes } from './run-events.ts';

let coordinator: TestCoordinator;
let origin: string;
let run: string;
beforeAll(async () => {
  coordinator = await startTestCoordinator({ limits: { streamsPerAddress: 2 } });
  run = (await createRun(coordinator, { evaluateEvery: 1000 })).id;
  origin = await coordinator.listen();
}, 60_000);
afterAll(() => coordinator.close());

/** Reads a stream of events in the background. */
async function follow(headers: Record<string, string> = {}, id = run) {
  const stop = new AbortController();
  const answer = await fetch(`${origin}/api/v1/runs/${id}/events`, { headers, signal: stop.signal });
  const events: { id: string; event: RunEvent }[] = [];
  const read = async () => {
    let rest = '';
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + text).split('\n\n');
      rest = frames.pop()!;
      for (const frame of frames) {
        const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(frame) ?? [];
        if (id && data) events.push({ id, event: RunEvent.parse(JSON.parse(data)) });
      }
    }
  };
  const ended = read().catch(() => {});
  return { answer, events, ended, stop: () => stop.abort() };
}

test('a stream tells everything at once, then what changes; a reconnect goes on from Last-Event-ID', async () => {
  const first = await follow();
  expect(first.answer.headers.get('content-type')).toBe('text/event-stream');
  expect(first.answer.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  await until('the first state', () =>
    ['run', 'volunteers', 'leases'].every((type) => first.events.some(({ event }) => event.type === type)),
  );

  const one = new ScriptedVolunteer(origin);
  await one.join();
  const toil = one.toil();
  const pointOf = ({ event }: { event: RunEvent }) => (event.type === 'point' ? event.point.round : 0);
  const seen = await until('a point', () => first.events.find((entry) => pointOf(entry) >= 1));
  first.stop();
  const before = Math.max(...first.events.map(pointOf));
  await until('more rounds', async () => {
    const { round } = (await coordinator.ask({ url: `/api/v1/runs/${run}` })).json();
    return round > before + 2;
  });
  one.leave();
  await toil;

  const again = await follow({ 'last-event-id': seen.id });
  await until('the missed points', () => again.events.some((entry) => pointOf(entry) > before));
  again.stop();
});

test('the stream of a run that is deleted ends, and there is no other', async () => {
  const payload = { study: 'baldwin', config: { arms: [{ name: 'b', method: 'baldwin' }] } };
  const headers = asOperator;
  const { id } = (await coordinator.ask({ method: 'POST', url: '/api/v1/runs', headers, payload })).json();
  const { events, ended } = await follow({}, id);
  await until('the first state', () => events.some(({ event }) => event.type === 'run'));
  await coordinator.ask({ method: 'DELETE', url: `/api/v1/runs/${id}`, headers });
  await ended;
  expect((await follow({}, id)).answer.status).toBe(404);
});

test('streams from one address are bounded, and unknown runs have none', async () => {
  const streams = [await follow(), await follow(), await follow()];
  expect(streams.map(({ answer }) => answer.status)).toEqual([200, 200, 429]);
  for (const { stop } of streams) stop();
  await until('a free place', async () => {
    const next = await follow();
    next.stop();
    return next.answer.status === 200;
  });
  const answer = await fetch(`${origin}/api/v1/runs/none/events`);
  expect(((await answer.json()) as { code: string }).code).toBe('not_found');
});

test('HEAD has no stream and takes no place', async () => {
  for (let i = 0; i < 3; i++)
    expect((await fetch(`${origin}/api/v1/runs/${run}/events`, { method: 'HEAD' })).status).toBe(404);
  const next = await follow();
  next.stop();
  expect(next.answer.status).toBe(200);
});

test('who leaves keeps the place until what was begun for it is read', async () => {
  const app = Fastify({ forceCloseConnections: true });
  answerProblems(app);
  await recognizeOperators(app, coordinator.coordinator.operatorKeys);
  app.setValidatorCompiler(validatorCompiler);
  const looks: (() => void)[] = [];
  const { feed, views } = coordinator.coordinator;
  const follow: Feed['follow'] = (_run, _since, send) => {
    send({ type: 'leases', items: [] }, 1);
    return new Promise((resolve) => looks.push(() => resolve(() => {})));
  };
  await app.register(runEventRoutes({ ...feed, follow }, views, 1));
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/runs/${run}/events`;
  const stop = new AbortController();
  const connected = once(app.server, 'connection');
  await fetch(url, { signal: stop.signal });
  const [socket] = await connected;
  const left = once(socket, 'close');
  stop.abort();
  await left;
  expect((await fetch(url)).status).toBe(429);
  looks[0]!();
  await until('a free place', async () => (await fetch(url)).status === 200);
  await app.close();
});
