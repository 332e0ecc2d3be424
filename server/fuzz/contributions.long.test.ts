import { createHash } from 'node:crypto';
import type { Json } from '@pathfold/coordination/work-plan';
import { ERRORS } from '@pathfold/protocol/errors';
import type { Report } from '@pathfold/protocol/report';
import { ScriptedVolunteer } from '@pathfold/volunteer/scripted/volunteer.fixture';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOperator, createRun, startTestCoordinator, type TestCoordinator, until } from '../testing/coordinator.ts';
import { expectAnswer } from './answers.ts';
import { damaged, damagedBytes, hostileJson, SEED } from './hostile.ts';

let test_: TestCoordinator;
let volunteer: ScriptedVolunteer;
let run: string;
beforeAll(async () => {
  test_ = await startTestCoordinator({
    limits: { messagesPerSecond: 1e6, messageBurst: 1e6, wishesPerSecond: 1e6, wishBurst: 1e6 },
  });
  const origin = await test_.listen();
  run = (await createRun(test_, { evaluateEvery: 1 })).id;
  volunteer = new ScriptedVolunteer(origin);
  await volunteer.join();
}, 60_000);
afterAll(() => test_.close());

const weights = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 3e38, -3e38, 1e20, 1, 1e-45, 0);
/** The damage to a result: to its bytes, its report, its announcement, or one of its weights. */
const damage = fc.record({
  bytes: fc.boolean(),
  weight: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, fc.tuple(fc.nat(), weights)),
  report: fc.boolean(),
  json: fc.boolean(),
  lie: fc.boolean(),
});

test('whatever is handed in is taken, or refused for a reason, and the run goes on', async () => {
  await fc.assert(
    fc.asyncProperty(damage, fc.infiniteStream(fc.nat()), async (how, seeds) => {
      const seed = () => seeds.next().value as number;
      const draw = <T>(arbitrary: fc.Arbitrary<T>): T => fc.sample(arbitrary, { seed: seed(), numRuns: 1 })[0]!;
      const lease = await volunteer.lease();
      const work = volunteer.work(lease);
      let payload = new Uint8Array(work.payload);
      if (lease.kind === 'evaluate' && how.json) {
        const valid = JSON.parse(Buffer.from(payload).toString()) as Json;
        payload = new Uint8Array(Buffer.from(JSON.stringify(draw(fc.oneof(damaged(valid), hostileJson)))));
      }
      if (how.weight && lease.kind === 'train') {
        const floats = new Float32Array(payload.buffer);
        floats[how.weight[0] % floats.length] = how.weight[1];
      }
      if (how.bytes) payload = new Uint8Array(draw(damagedBytes(payload)));
      const report = how.report ? (draw(damaged(work.report as unknown as Json, 1)) as unknown as Report) : work.report;
      const digest = createHash('sha256')
        .update(how.lie ? 'another' : payload)
        .digest('base64');
      const answer = await volunteer.upload(lease, { payload, report }, { 'content-digest': `sha-256=:${digest}:` });
      const body = await answer.text();
      expectAnswer('/api/v1/leases', { status: answer.status, type: answer.headers.get('content-type') ?? '', body });
      if (answer.status !== 201) {
        volunteer.send({ type: 'release', lease: lease.lease, code: 'user', detail: '' });
        return;
      }
      await volunteer.next('settled');
      const { state, code, detail } = await volunteer.next('settled');
      if (state !== 'rejected') return;
      expect(Object.keys(ERRORS), detail).toContain(code);
      expect(code, detail).not.toBe('internal');
    }),
    { seed: SEED, numRuns: 400, endOnFailure: true },
  );
  const roundOf = async () => {
    const { round, state, reason } = (await test_.ask({ url: `/api/v1/runs/${run}`, headers: asOperator })).json();
    expect(state, reason).toBe('training');
    return round as number;
  };
  const before = await roundOf();
  void volunteer.toil();
  await until('two more rounds', async () => (await roundOf()) >= before + 2);
  volunteer.leave();
}, 300_000);
