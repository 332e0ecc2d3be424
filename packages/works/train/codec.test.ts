import { newRun } from '@pathfold/checkpoint/new-run';
import { densePath } from '@pathfold/checkpoint/path';
import { fromSeed, initPath } from '@pathfold/checkpoint/sources/seed';
import { type Codec, valuesIn } from '@pathfold/compression/codec';
import { CODECS, codecOf } from '@pathfold/compression/codecs';
import { encodeTokens } from '@pathfold/corpora/shards';
import { PathfoldError } from '@pathfold/protocol/errors';
import { RunSpec } from '@pathfold/protocol/run-spec';
import { Laboratory } from '@pathfold/studies/laboratory/laboratory';
import { thetaOf } from '@pathfold/studies/laboratory/theta';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { createKept } from '@pathfold/volunteer/storage/kept';
import { memoryNotes, type Notes } from '@pathfold/volunteer/storage/notes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trainFold } from './fold.ts';
import { trainPlan } from './plan.ts';
import { trainingRun } from './run.ts';

/**
 * A codec with a state, whose payloads vary in size: values at least half as large as the largest are sent, as pairs of
 * index and value after their count; the rest waits in the state for the next contribution (error feedback).
 */
const sparse: Codec = {
  name: 'sparse',
  init: (modules) => new Float32Array(valuesIn(modules)),
  encode(delta, state) {
    const wanted = delta.map((value, i) => value + state[i]!);
    const least = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 2;
    const sent = [...wanted.keys()].filter((i) => Math.abs(wanted[i]!) >= least);
    const payload = new Uint8Array(4 + 8 * sent.length);
    const view = new DataView(payload.buffer);
    view.setUint32(0, sent.length);
    for (const [at, i] of sent.entries()) {
      view.setUint32(4 + 8 * at, i);
      view.setFloat32(8 + 8 * at, wanted[i]!);
      wanted[i] = 0;
    }
    return { payload, state: wanted };
  },
  decode(payload, modules) {
    if (payload.byteLength !== 4 + 8 * countIn(payload))
      throw new PathfoldError('wrong_size', 'not as many as it says');
    return scattered(payload.subarray(4), 0, valuesIn(modules));
  },
  async decodeModule(read, offset, length) {
    const count = countIn(await read(0, 4));
    return scattered(await read(4, 4 + 8 * count), offset, length);
  },
  typicalBytes: (modules) => 4 + 8 * valuesIn(modules),
  mostBytes: (modules) => 4 + 8 * valuesIn(modules),
};
const countIn = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
function scattered(pairs: Uint8Array, offset: number, length: number): Float32Array {
  const view = new DataView(pairs.buffer, pairs.byteOffset, pairs.byteLength);
  const values = new Float32Array(length);
  for (let at = 0; at < pairs.byteLength; at += 8) {
    const i = view.getUint32(at) - offset;
    if (i >= 0 && i < length) values[i] = view.getFloat32(at + 4);
  }
  return values;
}

const ROUNDS = 5;
const spec = RunSpec.parse({
  name: 'test',
  corpus: 'test',
  wire: { codec: 'sparse' },
  model: { width: 16, blocks: 1, heads: 2, context: 16, vocabulary: 257 },
  inner: { steps: 3, batch: 2, warmupSteps: 2 },
  outer: { kind: 'sgd', learningRate: 1 },
  replicas: 1,
  totalSteps: 3 * ROUNDS,
});
const path = densePath(spec.model);

beforeAll(() => {
  CODECS['sparse'] = () => sparse;
});
afterAll(() => {
  delete CODECS['sparse'];
});

/** Plays a run of one volunteer, whose contribution of these leases gets lost. */
async function play(lost: readonly number[]) {
  const gradients: Float32Array[] = [];
  const leases: { readonly payload: Uint8Array; readonly mostBytes: number; readonly isLost: boolean }[] = [];
  const training = trainingRun((gradient) => {
    gradients.push(gradient);
    return gradient;
  });
  const executor = await openExecutor('wasm');
  const lab: Laboratory = new Laboratory({
    kinds: [
      {
        plan: trainPlan,
        fold: trainFold,
        runOf: () => ({
          name: 'train',
          async execute(body, ports) {
            const result = await training.execute(body, ports);
            const { maxPayloadBytes } = Object.values(lab.state.leases)[0]!.task;
            const isLost = lost.includes(leases.length);
            leases.push({ payload: result.payload, mostBytes: maxPayloadBytes, isLost });
            return result;
          },
        }),
      },
    ],
    executor,
    loses: () => leases.at(-1)!.isLost,
  });
  const shard = await lab.blobs.put(encodeTokens(Uint16Array.from({ length: 400 }, (_, i) => 1 + ((i * i) % 97))));
  const documents = { train: shard, router: shard, test: shard, domains: shard };
  const theta = initPath(path, 1);
  lab.create(await newRun(lab.blobs, { id: 'r', spec, source: fromSeed(1), documents, tokenizer: shard }));
  lab.join({ id: 'a', tokensPerSecond: 1000 });
  await lab.play(() => lab.state.runs['r']!.state === 'finished');
  const end = await thetaOf(lab.blobs, lab.state.runs['r']!.facts);
  executor.dispose();
  return { theta, end, gradients, leases };
}

test.each([{ lost: [] }, { lost: [1, 3] }])(
  'a codec that is one line in the list trains a run; what it carries counts when its contribution does ($lost lost)',
  async ({ lost }) => {
    const { theta, end, gradients, leases } = await play(lost);
    expect(leases).toHaveLength(ROUNDS + lost.length);
    let state = sparse.init(path.modules);
    for (const [i, { payload, mostBytes, isLost }] of leases.entries()) {
      const expected = sparse.encode(gradients[i]!, state, path.modules);
      expect(payload).toEqual(expected.payload);
      expect(mostBytes).toBe(sparse.mostBytes(path.modules));
      if (isLost) continue;
      state = expected.state;
      const sent = sparse.decode(payload, path.modules);
      for (const [at, value] of sent.entries()) theta[at]! -= value;
    }
    expect(state.some((value) => value !== 0)).toBe(true);
    expect(new Set(leases.map(({ payload }) => payload.byteLength)).size).toBeGreaterThan(1);
    expect(end).toEqual(theta);
  },
);

/** A disk that takes so many more writes, and then belongs to a process that is gone. */
const dyingAfter = (writes: number, notes: Notes): Notes => {
  let left = writes;
  const alive = (act: () => Promise<void>) => (left-- > 0 ? act() : Promise.reject(new Error('gone')));
  return {
    ...notes,
    write: (name, bytes) => alive(() => notes.write(name, bytes)),
    remove: (name) => alive(() => notes.remove(name)),
  };
};

test.each([0, 1, 2, 3, 4, 5])(
  'a crash after write %i leaves the state from before a contribution or that from after it',
  async (writes) => {
    const [before, after] = [Uint8Array.of(1, 1), Uint8Array.of(2, 2)];
    const disk = memoryNotes();
    const first = createKept(disk, 100);
    await first.stage('lease 1', 'path 0 by sparse', before);
    await first.accept('lease 1');
    const dying = createKept(dyingAfter(writes, disk), 100);
    await dying.stage('lease 2', 'path 0 by sparse', after);
    await dying.accept('lease 2');
    const next = createKept(disk, 100);
    expect([before, after]).toContainEqual(await next.load('path 0 by sparse'));
  },
);

test('a codec that is not there is refused by the task', () => {
  expect(() => codecOf({ codec: 'dense' })).toThrow('none of f32, q, sparse');
});
