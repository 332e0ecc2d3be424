import type { Down } from '@pathfold/protocol/down';
import { expect, test } from 'vitest';
import { until, useScene } from '../scene.fixture.ts';
import { createAnswering } from './answering.ts';
import type { AnswersWorker, FromAnswers, ToAnswers } from './messages.ts';

const scene = useScene();

/** A worker that does what a test says. */
function scriptedWorker() {
  const heard: ToAnswers[] = [];
  let say: (message: FromAnswers) => void = () => {};
  let crash: (detail: string) => void = () => {};
  let ended = false;
  const worker: AnswersWorker = {
    post: (message) => void heard.push(message),
    listen(listener) {
      say = listener;
    },
    onCrash(listener) {
      crash = listener;
    },
    terminate() {
      ended = true;
    },
  };
  return {
    heard,
    worker,
    say: (message: FromAnswers) => say(message),
    crash: (detail: string) => crash(detail),
    hasEnded: () => ended,
  };
}

const askMessage = (lease: string): Extract<Down, { type: 'ask' }> => {
  const module = { name: 'embedding', version: 3, ...scene.coordinator.store(new Uint8Array(16).fill(7)) };
  const model = { width: 8, blocks: 1, heads: 1, context: 16, vocabulary: 300, tied: true };
  const body = { model, levels: [{ experts: 1, blocks: 1 }], embedding: 'shared', path: '0', modules: [module] };
  const sampling = { temperature: 1, topP: 1, topK: null, seed: 1 };
  const continuation = { ...sampling, window: [0, 5], answered: 0, tokens: 4, vocabulary: 290 };
  return { type: 'ask', lease, run: 'run', body, continuation, durationMs: 60_000 };
};

/** Starts a volunteer whose person agreed; answers when the coordinator knows. */
async function agree() {
  const worker = scriptedWorker();
  await scene.replace({ openAnswers: () => worker.worker });
  const [said, ready] = [scene.coordinator.next('answering'), scene.coordinator.next('ready')];
  scene.volunteer.setAnswering(true);
  scene.volunteer.start('automatic');
  await ready;
  expect(await said).toEqual({ type: 'answering', on: true });
  return worker;
}

test('without agreement nothing is offered, and what is asked all the same is refused', async () => {
  const worker = scriptedWorker();
  await scene.replace({ openAnswers: () => worker.worker });
  const ready = scene.coordinator.next('ready');
  scene.volunteer.start('automatic');
  await ready;
  const refused = scene.coordinator.next('unanswered');
  scene.coordinator.say(askMessage('a.1'));
  expect(await refused).toMatchObject({ lease: 'a.1', code: 'user' });
  expect(scene.coordinator.heard.some(({ type }) => type === 'answering')).toBe(false);
  expect(worker.heard).toEqual([]);
});

test('answers beside the lease in hand: modules are fetched, tokens go out as they come, the page sees it', async () => {
  const worker = await agree();
  const next = scene.device.nextJob();
  scene.coordinator.say(scene.coordinator.lease({ path: '0', round: 3, steps: 9 }));
  const job = await next;
  job.ports.onComputing();
  scene.coordinator.say(askMessage('a.1'));
  await until(() => expect(worker.heard).toHaveLength(1));
  expect(worker.heard[0]).toMatchObject({ type: 'ask', lease: 'a.1', modules: [new Uint8Array(16).fill(7)] });
  expect(scene.volunteer.snapshot().answering).toEqual({
    ...{ on: true, answers: 0 },
    now: { run: 'run', path: '0', tokens: 0 },
  });
  const first = scene.coordinator.next('tokens');
  worker.say({ type: 'tokens', lease: 'a.1', ids: [5, 6], end: false });
  expect(await first).toEqual({ type: 'tokens', lease: 'a.1', ids: [5, 6], end: false });
  expect(scene.volunteer.snapshot().answering.now?.tokens).toBe(2);
  const last = scene.coordinator.next('tokens');
  worker.say({ type: 'tokens', lease: 'a.1', ids: [7], end: true });
  expect(await last).toMatchObject({ ids: [7], end: true });
  expect(scene.volunteer.snapshot().answering).toEqual({ on: true, now: null, answers: 1 });
  expect(job.signal.aborted).toBe(false);
});

test('hushed, it stops and says no more of that answer', async () => {
  const worker = await agree();
  scene.coordinator.say(askMessage('a.1'));
  await until(() => expect(worker.heard).toHaveLength(1));
  scene.coordinator.say({ type: 'hush', lease: 'a.1' });
  await until(() => expect(worker.heard.at(-1)).toEqual({ type: 'hush', lease: 'a.1' }));
  worker.say({ type: 'tokens', lease: 'a.1', ids: [7], end: true });
  expect(scene.volunteer.snapshot().answering).toEqual({ on: true, now: null, answers: 0 });
  expect(scene.coordinator.heard.some(({ type }) => type === 'tokens')).toBe(false);
});

test('a worker that crashes, and a module that cannot be had, give the prompt back with the reason', async () => {
  const worker = await agree();
  const crashed = scene.coordinator.next('unanswered');
  scene.coordinator.say(askMessage('a.1'));
  await until(() => expect(worker.heard).toHaveLength(1));
  worker.crash('segmentation fault');
  expect(await crashed).toEqual({
    ...{ type: 'unanswered', lease: 'a.1' },
    ...{ code: 'worker_crashed', detail: 'segmentation fault' },
  });
  const lacking = scene.coordinator.next('unanswered');
  const ask = askMessage('a.2');
  (ask.body as { modules: { sha256: string }[] }).modules[0]!.sha256 = 'f'.repeat(64);
  scene.coordinator.say(ask);
  expect(await lacking).toMatchObject({ lease: 'a.2', code: 'blob_unavailable' });
});

test('a pause, or a change of mind, takes the offer back and ends the worker', async () => {
  const worker = await agree();
  scene.coordinator.say(askMessage('a.1'));
  await until(() => expect(worker.heard).toHaveLength(1));
  const off = scene.coordinator.next('answering');
  scene.volunteer.pause();
  expect(await off).toEqual({ type: 'answering', on: false });
  expect(worker.hasEnded()).toBe(true);
  const on = scene.coordinator.next('answering');
  scene.volunteer.resume();
  expect(await on).toEqual({ type: 'answering', on: true });
  const again = scene.coordinator.next('answering');
  scene.volunteer.setAnswering(false);
  expect(await again).toEqual({ type: 'answering', on: false });
});

test('who finishes gives the answer in hand to its end, and only then takes the offer back', async () => {
  const worker = await agree();
  const next = scene.device.nextJob();
  scene.coordinator.say(scene.coordinator.lease({ path: '0', round: 3, steps: 9 }));
  await next;
  scene.coordinator.say(askMessage('a.1'));
  await until(() => expect(worker.heard).toHaveLength(1));
  scene.volunteer.finish();
  expect(worker.hasEnded()).toBe(false);
  const [last, off] = [scene.coordinator.next('tokens'), scene.coordinator.next('answering')];
  worker.say({ type: 'tokens', lease: 'a.1', ids: [5, 6, 7, 8], end: true });
  expect(await last).toMatchObject({ ids: [5, 6, 7, 8], end: true });
  expect(await off).toEqual({ type: 'answering', on: false });
  expect([worker.hasEnded(), scene.volunteer.snapshot().wish]).toEqual([true, 'finishing']);
});

test('where an answer is all that is in hand, finishing waits for it', async () => {
  const worker = await agree();
  scene.coordinator.say(askMessage('a.1'));
  await until(() => expect(worker.heard).toHaveLength(1));
  scene.volunteer.finish();
  const { wish, status } = scene.volunteer.snapshot();
  expect([worker.hasEnded(), wish]).toEqual([false, 'finishing']);
  expect(status.sentence).toBe('Finishing, then stopping. An answer to a prompt is written to its end.');
  const last = scene.coordinator.next('tokens');
  worker.say({ type: 'tokens', lease: 'a.1', ids: [5, 6, 7, 8], end: true });
  expect(await last).toMatchObject({ end: true });
  expect([worker.hasEnded(), scene.volunteer.snapshot().wish]).toEqual([true, 'stopped']);
});

test('an answer that does not end is not waited for longer than a minute', async () => {
  const worker = scriptedWorker();
  let later = 0;
  const now = () => performance.now() + later;
  scene.coordinator.silenceMs = 1e6;
  await scene.replace({ openAnswers: () => worker.worker, now });
  const ready = scene.coordinator.next('ready');
  scene.volunteer.setAnswering(true);
  scene.volunteer.start('automatic');
  await ready;
  scene.coordinator.say(askMessage('a.1'));
  await until(() => expect(worker.heard).toHaveLength(1));
  scene.volunteer.finish();
  later = 59_000;
  scene.volunteer.setThrottle(1);
  expect(scene.volunteer.snapshot().wish).toBe('finishing');
  later = 60_000;
  scene.volunteer.setThrottle(1);
  expect([worker.hasEnded(), scene.volunteer.snapshot().wish]).toEqual([true, 'stopped']);
});

test('a change of mind ends worker and downloads, also while the coordinator is not there to be told', () => {
  const welcome = { volunteer: 'a', resume: 'r', heartbeatMs: 1, silenceMs: 2, credit: 0, leases: [], iceServers: [] };
  const begin = () => {
    const { worker, hasEnded } = scriptedWorker();
    const signals: AbortSignal[] = [];
    const fetchBlob = (_ref: unknown, signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<never>(() => {});
    };
    const answering = createAnswering(
      () => worker,
      fetchBlob,
      () => {},
      () => {},
    );
    answering.hear({ type: 'challenge', nonce: 'n', version: 4 });
    answering.hear({ type: 'welcome', ...welcome });
    answering.tend('all');
    return { answering, hasEnded, signals };
  };
  const asked = begin();
  asked.answering.hear(askMessage('a.1'));
  expect(asked.signals.map(({ aborted }) => aborted)).toEqual([false]);
  asked.answering.tend('none');
  expect([asked.signals[0]!.aborted, asked.hasEnded()]).toEqual([true, true]);

  const away = begin();
  away.answering.hear({ type: 'challenge', nonce: 'm', version: 4 });
  expect(away.hasEnded()).toBe(false);
  away.answering.tend('none');
  expect(away.hasEnded()).toBe(true);
});
