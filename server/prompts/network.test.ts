/** A list: each way in which a volunteer answers a prompt or fails to, against one coordinator (rules A1 to A6). */
import { floatsOf } from '@pathfold/checkpoint/layout';
import { pathShape, weightsOf } from '@pathfold/checkpoint/path';
import { continueAnswer } from '@pathfold/inference/generate';
import { pathOnnx } from '@pathfold/inference/onnx/path-graph';
import { openSession } from '@pathfold/inference/session';
import type { WriterNote } from '@pathfold/protocol/answer-notes';
import type { Down } from '@pathfold/protocol/down';
import { readChunks } from '@pathfold/protocol/read-chunks';
import type { ContributionResource, RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer.fixture';
import { AnswerTask } from '@pathfold/works/answer/task';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  asOperator,
  createRun,
  startTestCoordinator,
  type TestCoordinator,
  until,
  uploadCorpus,
} from '../testing/coordinator.ts';

type Ask = Extract<Down, { type: 'ask' }>;
const PROMPT = 'path module zebra round';
const TOKENS = 24;
const third = TOKENS / 3;

const PATIENT = { firstMs: 60_000, gapMs: 60_000, wholeMs: 120_000 };
/** For those who are too slow on purpose. */
const HURRIED = { firstMs: 600, gapMs: 300, wholeMs: 2000 };
const patience = { ...PATIENT };

let coordinator: TestCoordinator;
let origin: string;
let run: RunResource;
let vocabulary = 0;
let volunteers: ScriptedVolunteer[] = [];
beforeAll(async () => {
  coordinator = await startTestCoordinator({ patience, trustProxy: 1 });
  origin = await coordinator.listen();
  run = await createRun(coordinator);
  await complete(PROMPT);
}, 120_000);
afterAll(() => coordinator.close());
afterEach(async () => {
  Object.assign(patience, PATIENT);
  for (const volunteer of volunteers) volunteer.leave();
  volunteers = [];
  await until('nobody to answer', () => coordinator.coordinator.network.size === 0);
});

let networks = 0;
/** Each of a network of its own: what one fails at is not told of the next. */
async function volunteer(): Promise<ScriptedVolunteer> {
  const one = new ScriptedVolunteer(origin);
  await one.join('fake', { 'x-forwarded-for': `203.0.113.${++networks}` });
  one.send({ type: 'answering', on: true });
  one.send({ type: 'ping' });
  await one.next('pong');
  volunteers.push(one);
  return one;
}

const post = (payload: object) =>
  fetch(`${origin}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: run.id, max_tokens: TOKENS, seed: 5, ...payload }),
  });

interface Answer {
  choices: { text: string; finish_reason: string }[];
  usage: { completion_tokens: number };
  pathfold: { writers: WriterNote[] };
}
const complete = async (prompt: string, options: object = {}): Promise<Answer> => {
  const response = await post({ prompt, ...options });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Answer;
};
const overNetwork = (prompt: string, options: object = {}) =>
  complete(prompt, { pathfold: { network: true }, ...options });

/** The tokens that the model draws, computed from what an honest volunteer gets. */
async function honest({ body, continuation }: Ask): Promise<number[]> {
  const task = AnswerTask.parse(body);
  const modules: Float32Array[] = [];
  for (const { sha256 } of task.modules)
    modules.push(floatsOf(new Uint8Array(await (await fetch(`${origin}/api/v1/blobs/${sha256}`)).arrayBuffer())));
  const weights = weightsOf(pathShape(task.model, task.levels, task.path, task.embedding), modules);
  const session = await openSession(pathOnnx(weights, { cached: true }));
  const ids: number[] = [];
  for await (const id of continueAnswer(session, task.model.context, continuation)) ids.push(id);
  await session.release();
  vocabulary = continuation.vocabulary;
  return ids;
}

const recordOf = async ({ id }: ScriptedVolunteer): Promise<ContributionResource[]> =>
  (await coordinator.ask({ url: `/api/v1/volunteers/${id}/contributions` })).json().items ?? [];

test('A2, A6: a volunteer writes what the coordinator would and reads no text, gets credit, and nothing of it is in the log', async () => {
  const own = await complete(PROMPT);
  const one = await volunteer();
  const answer = overNetwork(PROMPT);
  const ask = await one.next('ask');
  expect(ask.continuation).toMatchObject({ answered: 0, tokens: TOKENS });
  expect(JSON.stringify(ask)).not.toContain('zebra');
  const ids = await honest(ask);
  for (let i = 0; i < ids.length; i += 10)
    one.send({ type: 'tokens', lease: ask.lease, ids: ids.slice(i, i + 10), end: i + 10 >= ids.length });
  const { choices, pathfold } = await answer;
  expect(choices).toEqual(own.choices);
  expect(pathfold.writers).toEqual([
    { by: 'volunteer', volunteer: one.id, tokens: ids.length, code: null, notice: expect.any(String) },
  ]);
  expect(await one.next('settled')).toMatchObject({ lease: ask.lease, state: 'checked', credit: ids.length });
  expect(await recordOf(one)).toMatchObject([{ kind: 'answer', state: 'checked', tokens: ids.length, run: run.id }]);
  const detail = (await coordinator.ask({ url: `/api/v1/volunteers/${one.id}` })).json<VolunteerResource>();
  expect(detail).toMatchObject({ credit: ids.length, acceptedCount: 1 });

  const log = JSON.stringify(await coordinator.coordinator.store.events.load());
  expect(log).toContain('BriefLeaseEnded');
  expect(log).not.toContain('zebra');
  expect(log).not.toContain(ids.slice(0, 6).join());
});

describe.each<[string, string, (one: ScriptedVolunteer, ask: Ask, ids: number[]) => void]>([
  [
    'tokens outside the vocabulary',
    'bad_tokens',
    (one, { lease }, ids) => one.send({ type: 'tokens', lease, ids: [...ids.slice(0, 3), vocabulary], end: false }),
  ],
  [
    'too many tokens',
    'bad_tokens',
    (one, { lease }, ids) => one.send({ type: 'tokens', lease, ids: [...ids, ...ids], end: true }),
  ],
  [
    'too few',
    'answer_broken_off',
    (one, { lease }, ids) => one.send({ type: 'tokens', lease, ids: ids.slice(0, 3), end: true }),
  ],
  [
    'what is no token',
    'answer_broken_off',
    (one, { lease }) => one.sendRaw(`{"type":"tokens","lease":"${lease}","ids":["x"]}`),
  ],
  ['bytes that are no UTF-8', 'answer_broken_off', (one) => one.sendRaw(Buffer.from([0xc3, 0x28, 0xff]))],
  ['nothing', 'too_slow', () => {}],
  [
    'a third, and then nothing',
    'too_slow',
    (one, { lease }, ids) => one.send({ type: 'tokens', lease, ids: ids.slice(0, third), end: false }),
  ],
  [
    'that it cannot',
    'out_of_memory',
    (one, { lease }) => one.send({ type: 'unanswered', lease, code: 'out_of_memory', detail: 'Too large.' }),
  ],
  [
    'a third, and leaves',
    'answer_broken_off',
    (one, { lease }, ids) => {
      one.send({ type: 'tokens', lease, ids: ids.slice(0, third), end: false });
      setTimeout(() => one.leave(), 100);
    },
  ],
])('A4: a volunteer that says %s', (_name, code, misbehave) => {
  test('is recorded with the reason, gets no credit, and the coordinator finishes the answer', async () => {
    const own = await complete(PROMPT);
    const one = await volunteer();
    if (code === 'too_slow') Object.assign(patience, HURRIED);
    const answer = overNetwork(PROMPT);
    const ask = await one.next('ask');
    misbehave(one, ask, await honest(ask));
    const { choices, pathfold } = await answer;
    expect(choices).toEqual(own.choices);
    expect(pathfold.writers[0]).toMatchObject({ by: 'volunteer', volunteer: one.id, code });
    expect(pathfold.writers.at(-1)).toMatchObject({ by: 'coordinator', code: null });
    const record = await until('the record', async () => (await recordOf(one))[0]);
    expect(record).toMatchObject({ kind: 'answer', state: 'rejected' });
    expect(record.reason).toContain(code);
    expect((await coordinator.ask({ url: `/api/v1/volunteers/${one.id}` })).json()).toMatchObject({ credit: 0 });
  });
});

test('A3: what a volunteer says in its own words goes no further', async () => {
  const one = await volunteer();
  const answer = overNetwork(PROMPT);
  const { lease } = await one.next('ask');
  one.send({ type: 'unanswered', lease, code: 'toString', detail: `It asked: ${PROMPT}` });
  const { pathfold } = await answer;
  expect(pathfold.writers[0]).toMatchObject({ volunteer: one.id, code: 'answer_broken_off' });
  await one.next('settled');
  const log = await coordinator.coordinator.store.events.load();
  expect(JSON.stringify([log, await recordOf(one), pathfold])).not.toContain('It asked');
});

test('A1: agreement ends with its socket, also where a newer one of the same volunteer takes its place', async () => {
  const one = await volunteer();
  const again = new ScriptedVolunteer(origin, one);
  volunteers.push(again);
  await again.join();
  const { pathfold } = await overNetwork(PROMPT);
  expect(pathfold.writers.map(({ by }) => by)).toEqual(['coordinator']);
  expect(again.heard.some(({ type }) => type === 'ask')).toBe(false);
});

test('a drip of tokens is not waited for longer than a whole answer may take', async () => {
  const own = await complete(PROMPT);
  const one = await volunteer();
  Object.assign(patience, { ...PATIENT, wholeMs: 1500 });
  const answer = overNetwork(PROMPT);
  const ask = await one.next('ask');
  const ids = await honest(ask);
  let sent = 0;
  const drip = setInterval(() => one.send({ type: 'tokens', lease: ask.lease, ids: [ids[sent++]!], end: false }), 100);
  const { choices, pathfold } = await answer;
  clearInterval(drip);
  expect(choices).toEqual(own.choices);
  expect(pathfold.writers[0]).toMatchObject({ by: 'volunteer', code: 'too_slow' });
});

test('another volunteer goes on where the first one left', async () => {
  const own = await complete(PROMPT);
  const [first, second] = [await volunteer(), await volunteer()];
  const answer = overNetwork(PROMPT);
  const ask = await first.next('ask');
  const ids = await honest(ask);
  first.send({ type: 'tokens', lease: ask.lease, ids: ids.slice(0, third), end: false });
  first.send({ type: 'ping' });
  await first.next('pong');
  first.leave();
  const rest = await second.next('ask');
  expect(rest.continuation).toMatchObject({ answered: third, tokens: TOKENS - third });
  second.send({ type: 'tokens', lease: rest.lease, ids: await honest(rest), end: true });
  const { choices, pathfold } = await answer;
  expect(choices).toEqual(own.choices);
  expect(pathfold.writers.map(({ volunteer, tokens, code }) => [volunteer, tokens, code])).toEqual([
    [first.id, third, 'answer_broken_off'],
    [second.id, TOKENS - third, null],
  ]);
});

test('a stop sequence ends the work of the volunteer, which has credit for what came', async () => {
  const { text } = (await complete(PROMPT)).choices[0]!;
  const stop = text.slice(4, 6);
  const own = await complete(PROMPT, { stop });
  const one = await volunteer();
  const answer = overNetwork(PROMPT, { stop });
  const ask = await one.next('ask');
  const ids = (await honest(ask)).slice(0, -1);
  one.send({ type: 'tokens', lease: ask.lease, ids, end: false });
  const { choices, pathfold } = await answer;
  expect(choices).toEqual(own.choices);
  expect(pathfold.writers).toMatchObject([{ by: 'volunteer', volunteer: one.id, code: null }]);
  expect(await one.next('hush')).toMatchObject({ lease: ask.lease });
  expect(await one.next('settled')).toMatchObject({ state: 'checked', credit: ids.length });
});

test('an asker that hangs up ends the work of the volunteer', async () => {
  const one = await volunteer();
  const abort = new AbortController();
  const asking = fetch(`${origin}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: run.id, prompt: 'path', stream: true, pathfold: { network: true } }),
    signal: abort.signal,
  }).catch(() => null);
  const { lease } = await one.next('ask');
  abort.abort();
  await asking;
  expect(await one.next('hush')).toMatchObject({ lease });
});

test('where nobody agreed the coordinator answers and says so; a stream tells the path and the writer', async () => {
  const own = await complete(PROMPT);
  const stranger = new ScriptedVolunteer(origin);
  volunteers.push(stranger);
  await stranger.join();
  const body = await (await post({ prompt: PROMPT, stream: true, pathfold: { network: true } })).text();
  const events = [...body.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!));
  expect(events.flatMap(({ choices }) => choices.map(({ text }: { text: string }) => text)).join('')).toBe(
    own.choices[0]!.text,
  );
  const notes = events.flatMap(({ pathfold }) => pathfold ?? []);
  expect(notes[0]).toEqual({ path: '0', runner_up: null });
  expect(notes.at(-1)).toMatchObject({
    writer: { by: 'coordinator', tokens: TOKENS, notice: expect.stringContaining('No volunteer was free') },
  });
  expect(stranger.heard.some(({ type }) => type === 'ask')).toBe(false);
});

test('a stream tells who did not go on before the next volunteer has said a word', async () => {
  const [first, second] = [await volunteer(), await volunteer()];
  const asking = post({ prompt: PROMPT, stream: true, pathfold: { network: true } });
  const { lease } = await first.next('ask');
  first.send({ type: 'unanswered', lease, code: 'out_of_memory', detail: '' });
  const rest = await second.next('ask');
  const texts = readChunks((await asking).body!.pipeThrough(new TextDecoderStream()));
  let told = '';
  while (!told.includes('"writer"')) told += (await texts.next()).value;
  expect(told).toContain(first.id);
  expect(told).not.toContain('"text"');
  second.send({ type: 'tokens', lease: rest.lease, ids: await honest(rest), end: true });
  for await (const text of texts) told += text;
  expect(told).toContain(second.id);
});

test.each([
  ['no', ''],
  ['100,000', 'path module '.repeat(8_334).slice(0, 100_000)],
])('a prompt of %s characters: no more than a context goes to the volunteer', async (_count, prompt) => {
  const own = await complete(prompt);
  const one = await volunteer();
  const answer = overNetwork(prompt);
  const ask = await one.next('ask');
  expect(ask.continuation.window.length).toBe(prompt === '' ? 1 : run.spec.model.context);
  one.send({ type: 'tokens', lease: ask.lease, ids: await honest(ask), end: true });
  expect((await answer).choices).toEqual(own.choices);
});

test('a private run stays here; an unknown field, and both wishes at once, are refused', async () => {
  const corpus = await uploadCorpus(coordinator, 40);
  const hidden = await createRun(coordinator, { corpus, visibility: 'private' });
  const refused = async (payload: object, headers = {}) => {
    const answer = await coordinator.ask({ method: 'POST', url: '/v1/completions', payload, headers });
    return [answer.statusCode, answer.json().error.message];
  };
  expect(await refused({ model: hidden.id, prompt: 'a', pathfold: { network: true } }, asOperator)).toEqual([
    400,
    'A private run is answered by the coordinator only.',
  ]);
  expect((await refused({ model: run.id, prompt: 'a', pathfold: { strangers: true } }))[0]).toBe(400);
  expect((await refused({ model: run.id, prompt: 'a', pathfold: { network: true, reroute_every: 32 } }))[1]).toContain(
    'exclude each other',
  );
});

test('the description of the API tells of the field', async () => {
  const description = (await coordinator.ask({ url: '/openapi.json' })).body;
  expect(description).toContain('Choose the path again after every so many tokens');
  expect(description).toContain('a stranger then reads the prompt');
});
