import type { Json } from '@pathfold/coordination/work-plan';
import { Down } from '@pathfold/protocol/down';
import { ERRORS } from '@pathfold/protocol/errors';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer.fixture';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRun, startTestCoordinator, type TestCoordinator } from '../testing/coordinator.ts';
import { damaged, hostileJson, hostileText, SEED } from './hostile.ts';

let test_: TestCoordinator;
let origin: string;
beforeAll(async () => {
  test_ = await startTestCoordinator({
    limits: { socketsPerAddress: 100_000, messagesPerSecond: 1e6, messageBurst: 1e6 },
    timings: { silenceMs: 5000 },
  });
  origin = await test_.listen();
  await createRun(test_);
}, 60_000);
afterAll(() => test_.close());

const executor = { name: 'wasm', adapter: 'none', tokensPerSecond: 1000 };
const MESSAGES: Json[] = [
  { type: 'hello', versions: { min: 4, max: 4 }, publicKey: 'A'.repeat(43), name: 'n', agent: 'node', resume: null },
  { type: 'prove', signature: 'A'.repeat(86) },
  { type: 'ready', executor, memoryBytes: 1e9 },
  { type: 'away' },
  { type: 'progress', lease: 'l0000000001', steps: 1, loss: 3, tokensPerSecond: 10 },
  { type: 'release', lease: 'l0000000001', code: 'user', detail: 'why' },
  { type: 'ping' },
  { type: 'have', blobs: ['a'.repeat(64)] },
  { type: 'want', sha256: 'a'.repeat(64), bytes: 1_000_000 },
  { type: 'signal', to: 'x', data: '{}' },
];
const message = fc.constantFrom(...MESSAGES).chain((valid) => damaged(valid, 2).map((json) => JSON.stringify(json)));
const frames = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: message },
    { weight: 1, arbitrary: hostileJson.map((json) => JSON.stringify(json)) },
    { weight: 1, arbitrary: hostileText },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constant('"'.padEnd(70_000, 'x')) },
  ),
  { minLength: 1, maxLength: 12 },
);

/** It still answers, or it has said why not and closed. */
async function expectSettled(volunteer: ScriptedVolunteer): Promise<void> {
  volunteer.send({ type: 'ping' });
  await volunteer.next('pong').catch(() => volunteer.closing());
  for (const said of volunteer.heard) {
    Down.parse(said);
    if (said.type !== 'error') continue;
    expect(Object.keys(ERRORS)).toContain(said.code);
    expect(said.code, said.detail).not.toBe('internal');
  }
  if (volunteer.closed) expect(volunteer.closed.code).not.toBe(1006);
}

test('no frames, before or after the welcome, make the coordinator fail', async () => {
  await fc.assert(
    fc.asyncProperty(frames, fc.boolean(), async (sent, greeted) => {
      const volunteer = new ScriptedVolunteer(origin);
      await (greeted ? volunteer.join() : volunteer.connect());
      if (greeted) volunteer.ready();
      for (const frame of sent) volunteer.sendRaw(frame);
      await expectSettled(volunteer);
      volunteer.leave();
    }),
    { seed: SEED, numRuns: 400, endOnFailure: true },
  );
  const volunteer = new ScriptedVolunteer(origin);
  await volunteer.join();
  const alive = setInterval(() => volunteer.send({ type: 'ping' }), 1000);
  volunteer.ready();
  // Whoever held the last one has to fall silent first.
  const lease = await volunteer.next('lease', 30_000);
  clearInterval(alive);
  expect((await volunteer.upload(lease, volunteer.work(lease))).status).toBe(201);
  volunteer.leave();
}, 300_000);
