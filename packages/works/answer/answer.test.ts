import { bytesOf } from '@pathfold/checkpoint/layout';
import { densePath, weightsOf } from '@pathfold/checkpoint/path';
import { initModule } from '@pathfold/checkpoint/sources/seed';
import { continueAnswer } from '@pathfold/inference/generate';
import { pathOnnx } from '@pathfold/inference/onnx/path-graph';
import { openSession } from '@pathfold/inference/session';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { expect, test } from 'vitest';
import { answeringBytes } from '../footprint.ts';
import { answerPlan } from './plan.ts';
import { answerRun } from './run.ts';

const model = { width: 16, blocks: 1, heads: 2, context: 16, vocabulary: 300 };
const spec = RunSpec.parse({ name: 'a', corpus: 'starter', model });
const path = densePath(spec.model);
const floats = path.modules.map((shape) => initModule(shape, 1));
const refs = path.modules.map(({ name, parameterCount }) => {
  return { name, version: 0, sha256: '0'.repeat(64), bytes: 4 * parameterCount };
});
const sampling = { temperature: 1, topP: 1, topK: null, seed: 3 };
const continuation = { ...sampling, window: [0, 5, 6], answered: 2, tokens: 20, vocabulary: 290 };

async function idsOf(tokens: AsyncIterable<number>): Promise<number[]> {
  const ids: number[] = [];
  for await (const id of tokens) ids.push(id);
  return ids;
}

test('what the plan asks for, the run goes on with: the tokens that the path draws there', async () => {
  const { body, memoryBytes } = answerPlan.offer(spec, '0', refs);
  const parameters = floats.reduce((sum, { length }) => sum + length, 0);
  expect(memoryBytes).toBe(answeringBytes(spec, parameters));
  const modules = floats.map(bytesOf);
  const task = await answerRun.open(JSON.parse(JSON.stringify(body)), modules, {});
  const ids = await idsOf(task.goOn(continuation));
  await task.release();
  const session = await openSession(pathOnnx(weightsOf(path, floats), { cached: true }));
  expect(ids).toEqual(await idsOf(continueAnswer(session, model.context, continuation)));
  await session.release();
  expect(ids.length).toBeGreaterThan(0);
  expect(answerPlan.admit(ids, continuation.vocabulary)).toBeNull();
});

test('a task that names no net is refused, and the field is named', async () => {
  await expect(answerRun.open({ path: '0', modules: refs }, [], {})).rejects.toMatchObject({
    code: 'bad_message',
    message: expect.stringContaining('model'),
  });
});
