import fc from 'fast-check';
import { expect, test } from 'vitest';
import { statusOf } from './status.ts';
import { World, welcome } from './world.fixture.ts';

const chance = fc.double({ min: 0, max: 0.999, noNaN: true });
const step: fc.Arbitrary<(world: World) => void> = fc.oneof(
  fc
    .constantFrom('Paused', 'Resumed', 'FinishAsked', 'StopAsked')
    .map((type) => (world: World) => world.tell({ type })),
  fc.constantFrom('automatic', 'gpu').map((choice) => (world: World) => world.tell({ type: 'Started', choice })),
  fc.integer({ min: 1, max: 8000 }).map((ms) => (world: World) => world.pass(ms)),
  fc.constant((world: World) => world.open()),
  // All that leads to a lease, so that stories get to its end.
  fc.constant((world: World) => {
    world.open();
    world.endProbe('none', 0);
    world.grant();
  }),
  chance.map((c) => (world: World) => world.close(c)),
  fc.constant((world: World) => world.grant()),
  fc.constant((world: World) => world.revoke()),
  fc.constant((world: World) => world.hear({ type: 'pong' })),
  fc.constant((world: World) => world.hear({ type: 'idle', code: 'no_work', detail: '' })),
  fc.constant((world: World) => world.hear({ type: 'error', code: 'replaced', detail: '', fatal: true })),
  fc.boolean().map((done) => (world: World) => world.endWork(done)),
  fc.tuple(fc.constantFrom('worker_crashed' as const, 'loss_not_finite' as const), chance).map(
    ([code, c]) =>
      (world: World) =>
        world.failWork(code, c),
  ),
  fc.tuple(fc.constantFrom('UploadEnded' as const, 'UploadRefused' as const, 'UploadFailed' as const), chance).map(
    ([type, c]) =>
      (world: World) =>
        world.endUpload(type, c),
  ),
  fc
    .tuple(
      fc.constantFrom('none' as const, 'none' as const, 'device_lost' as const, 'self_test_failed' as const),
      chance,
    )
    .map(
      ([code, c]) =>
        (world: World) =>
          world.endProbe(code, c),
    ),
);
const story = fc.array(step, { maxLength: 120 });
const told = (steps: readonly ((world: World) => void)[], now = 0): World => {
  const world = new World();
  world.now = now;
  world.tell({ type: 'Started', choice: 'automatic' });
  for (const act of steps) act(world);
  return world;
};

test('whatever happens: the mind comes to rest, keeps its bounds, loses no contribution, and its status is true', () => {
  fc.assert(
    fc.property(story, (steps) => void told(steps)),
    { numRuns: 400 },
  );
});

test('from anywhere, a stop ends in a second: nothing computed, no socket, no upload', () => {
  fc.assert(
    fc.property(story, fc.boolean(), (steps, obeys) => {
      const world = told(steps);
      world.tell({ type: 'StopAsked' });
      if (obeys) world.endWork(true);
      world.pass(1000);
      if (world.state.work) expect(world.state.work.cut?.killed).toBe(true);
      world.failWork('worker_crashed', 0);
      expect(world).toMatchObject({ socket: 'closed', computing: null, uploading: null });
      expect(statusOf(world.state).code).toMatch(/^(stopped|refused)$/);
    }),
    { numRuns: 200 },
  );
});

test('from anywhere, in a kind world: a started volunteer trains, and hands everything in', () => {
  fc.assert(
    fc.property(story, (steps) => {
      const world = told(steps);
      world.tell({ type: 'Started', choice: 'cpu' });
      const before = world.ended.size;
      for (let turn = 0; turn < 30; turn++) {
        world.pass(1000);
        world.open();
        world.endProbe('none', 0);
        world.hear({ type: 'pong' });
        world.grant();
        world.endWork(true);
        world.endUpload('UploadEnded', 0);
      }
      expect(world.ended.size).toBeGreaterThan(before + 4);
      expect(world.state.uploads.length).toBeLessThanOrEqual(1);
      // Every lease that the coordinator still counts as held is here: given back, contributed, or in hand.
      for (const lease of world.held)
        expect([world.computing, world.uploading, ...world.state.uploads.map((e) => e.upload.lease)]).toContain(lease);
    }),
    { numRuns: 100 },
  );
});

test('a lease whose contribution is refused while it is held is given back, and more asked for after a pause', () => {
  const world = told([]);
  world.open();
  world.endProbe('none', 0);
  world.grant();
  world.endWork(true);
  world.endUpload('UploadRefused', 0.9);
  expect(world).toMatchObject({ wanting: false, state: { outcomes: [{ state: 'rejected', code: 'bad_report' }] } });
  expect([...world.held]).toEqual([]);
  world.pass(500);
  expect(world.wanting).toBe(true);
});

test('L1: a wish that changes while the volunteer waits for work is told at once, and only then', () => {
  const world = told([]);
  world.open();
  world.endProbe('none', 0);
  expect(world.asks.map(({ prefers }) => prefers)).toEqual([undefined]);
  world.tell({ type: 'Preferred', run: 'r' });
  world.tell({ type: 'Preferred', run: 'r' });
  expect(world.asks.map(({ prefers }) => prefers)).toEqual([undefined, 'r']);
  world.grant();
  world.tell({ type: 'Preferred', run: null });
  expect(world.asks).toHaveLength(2);
});

test('L1: what the line carries is told once it is known both ways, as it was measured last', () => {
  const world = told([]);
  world.open();
  const measure = (direction: 'up' | 'down', bytes: number, ms: number) =>
    world.tell({ type: 'LineMeasured', direction, bytes, ms });
  measure('down', 100_000, 100);
  world.endProbe('none', 0);
  world.grant();
  measure('up', 31_000, 1);
  world.endWork(true);
  world.endUpload('UploadEnded', 0);
  measure('up', 50_000, 500);
  world.grant();
  world.endWork(true);
  world.endUpload('UploadEnded', 0);
  const line = { upBytesPerSecond: 100_000, downBytesPerSecond: 1_000_000 };
  expect(world.asks.map((ask) => ask.line)).toEqual([undefined, undefined, line]);
});

test('finish ends by itself, whatever the network does', () => {
  fc.assert(
    fc.property(story, fc.boolean(), (steps, online) => {
      const world = told(steps);
      world.tell({ type: 'FinishAsked' });
      for (let turn = 0; turn < 20; turn++) {
        world.pass(1000);
        world.endWork(true);
        world.endUpload(online ? 'UploadEnded' : 'UploadFailed', 0.5);
      }
      if (!world.state.refusal) expect(statusOf(world.state).code).toBe('stopped');
    }),
    { numRuns: 200 },
  );
});

test('a clock that goes back loses no contribution; who starts the volunteer anew has it train at once', () => {
  fc.assert(
    fc.property(story, story, fc.integer({ min: 1, max: 10_000_000 }), (before, after, ms) => {
      const world = told(before, 20_000_000);
      world.now -= ms;
      for (const act of after) act(world);
      world.tell({ type: 'Started', choice: 'cpu' });
      const ended = world.ended.size;
      for (let turn = 0; turn < 30; turn++) {
        world.pass(1000);
        world.open();
        world.endProbe('none', 0);
        world.hear({ type: 'pong' });
        world.grant();
        world.endWork(true);
        world.endUpload('UploadEnded', 0);
      }
      expect(world.ended.size).toBeGreaterThan(ended + 4);
    }),
    { numRuns: 200, seed: 5 },
  );
});

/** Computes on a lease. */
function working(): World {
  const world = told([]);
  world.open();
  world.endProbe('none', 0);
  world.grant();
  return world;
}

test('a welcome that comes again, from before the lease in hand, takes nothing away (H5)', () => {
  const world = working();
  world.hear(welcome(['lease0']));
  expect(world.state.work).toMatchObject({ lost: false, cut: null });
  expect(world.state.returns).toEqual([]);
  world.endWork(true);
  expect(world.uploading).not.toBeNull();
});

test('a pause waits for the step in hand, and hands in what was done', () => {
  const world = working();
  world.tell({ type: 'Paused' });
  world.pass(9000);
  expect(world.state.work?.cut).toMatchObject({ keep: true, killed: false });
  world.endWork(true);
  expect(world.uploading).not.toBeNull();
});

test('a step of a lost lease may end too: the device stays ready', () => {
  const world = working();
  world.revoke();
  world.pass(9000);
  world.endWork(true);
  expect(world.state).toMatchObject({ work: null, uploads: [], device: { phase: 'ready' } });
});

test('a step that does not end is not waited for, and a stop does not wait for the end of a pause', () => {
  const world = working();
  world.tell({ type: 'Paused' });
  world.pass(10_000);
  expect(world.state.work?.cut?.killed).toBe(true);
  const stopped = working();
  stopped.tell({ type: 'Paused' });
  stopped.pass(3000);
  stopped.tell({ type: 'StopAsked' });
  stopped.pass(900);
  expect(stopped.state.work?.cut).toMatchObject({ keep: false, killed: true });
});

test('work that fails because it was cut short is no fault of this machine', () => {
  const paused = working();
  paused.tell({ type: 'Paused' });
  paused.failWork('blob_unavailable', 0);
  expect(paused.released).toEqual([expect.objectContaining({ code: 'user' })]);
  const lost = working();
  lost.revoke();
  lost.failWork('blob_unavailable', 0);
  expect(lost.released).toEqual([]);
  for (const { state } of [paused, lost]) expect(state).toMatchObject({ faults: 0, device: { phase: 'ready' } });
  const broken = working();
  broken.tell({ type: 'Paused' });
  broken.failWork('worker_crashed', 0);
  expect(broken.state).toMatchObject({ faults: 0, device: { phase: 'unknown' } });
});

test('a worker that was ended while its result was stored is not asked to compute again', () => {
  const world = working();
  world.tell({ type: 'Paused' });
  world.pass(10_000);
  world.endWork(true);
  expect(world.state).toMatchObject({ uploads: [{ active: true }], device: { phase: 'unknown' } });
});

test.each(['Paused', 'FinishAsked', 'StopAsked'] as const)('%s ends a test of the device', (type) => {
  const world = told([]);
  world.open();
  expect(world.probing).toBe(true);
  world.tell({ type });
  expect(world.probing).toBe(false);
});

test('choosing another device ends the test of the first, and begins its own at once', () => {
  const world = told([]);
  world.tell({ type: 'Started', choice: 'cpu' });
  expect(world.state.device).toEqual({ phase: 'probing', choice: 'cpu' });
});

test('an upload on a dead connection is broken off, and resumed once the coordinator is there again', () => {
  const world = working();
  world.endWork(true);
  const lease = world.uploading;
  world.pass(5000);
  expect(world).toMatchObject({ uploading: null, state: { uploads: [{ failures: 1 }] } });
  world.pass(5000);
  expect(world.uploading).toBeNull();
  world.open();
  expect(world.uploading).toBe(lease);
});
