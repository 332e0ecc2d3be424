import type { Down, LeaseMessage } from '@pathfold/protocol/down';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apply } from './apply.ts';
import type { Decision, VolunteerEvent } from './events.ts';
import { plan, wakeAt } from './plan.ts';
import { initialState, type Upload } from './state.ts';
import { statusOf } from './status.ts';

const executor = { name: 'toy', adapter: 'toy', tokensPerSecond: 1 };
const report = { steps: 1, tokens: 1, computeMs: 1, loss: 1, downloadedBytes: { peers: 0, coordinator: 0 }, executor };
const welcome = (leases: string[]): Down => ({
  ...{ type: 'welcome', volunteer: 'v', resume: 'r', heartbeatMs: 1000, silenceMs: 5000, credit: 0 },
  ...{ leases, iceServers: [] },
});

type Happening = VolunteerEvent extends infer E ? (E extends unknown ? Omit<E, 'at'> : never) : never;

/** A volunteer in a world of its own: turns the mind, checks what must hold after every turn, remembers its effects. */
class World {
  readonly state = initialState();
  now = 0;
  socket: 'closed' | 'opening' | 'open' = 'closed';
  computing: string | null = null;
  probing = false;
  uploading: string | null = null;
  /** Leases that the coordinator counts as held, and those that it took back. */
  readonly held = new Set<string>();
  readonly revoked = new Set<string>();
  /** The coordinator was asked for a lease. */
  wanting = false;
  /** Contributions that came into being, and those that ended. */
  readonly made = new Set<string>();
  readonly ended = new Set<string>();
  #leases = 0;

  tell(happening: Happening): void {
    apply(this.state, { ...happening, at: this.now } as VolunteerEvent);
    for (let turn = 0; ; turn++) {
      expect(turn, 'the plan comes to rest').toBeLessThan(10);
      const decided = plan(this.state, this.now);
      if (decided.length === 0) break;
      for (const decision of decided) {
        this.#check(decision);
        apply(this.state, decision);
        this.#perform(decision);
      }
    }
    this.#checkStatus();
  }

  /** Lets time pass; every timer fires on its way. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let wakes = 0; ; wakes++) {
      expect(wakes, 'timers do not spin').toBeLessThan(2000);
      const wake = wakeAt(this.state, this.now);
      const next = Math.min(end, wake ?? end);
      expect(plan(this.state, (this.now + next) / 2), 'nothing is due before its timer').toEqual([]);
      this.now = next;
      this.tell({ type: 'Woke' });
      if (this.now >= end) return;
    }
  }

  hear(message: Down): void {
    if (this.socket === 'open') this.tell({ type: 'Heard', message });
  }

  open(): void {
    if (this.socket !== 'opening') return;
    this.socket = 'open';
    this.wanting = false;
    this.tell({ type: 'Heard', message: welcome([...this.held]) });
  }

  close(chance: number): void {
    if (this.socket === 'closed') return;
    this.socket = 'closed';
    this.tell({ type: 'SocketClosed', chance });
  }

  grant(): void {
    if (!this.wanting || this.socket !== 'open') return;
    this.wanting = false;
    const lease = `lease${++this.#leases}`;
    this.held.add(lease);
    const message: LeaseMessage = {
      ...{ type: 'lease', lease, run: 'run', kind: 'toy', body: {}, token: 't' },
      ...{ durationMs: 60_000, maxPayloadBytes: 100 },
    };
    this.hear(message);
  }

  /** The coordinator takes back whatever it granted; without a socket, the next welcome says so. */
  revoke(): void {
    for (const lease of [...this.held]) {
      this.held.delete(lease);
      if (this.socket === 'open') this.revoked.add(lease);
      this.hear({ type: 'revoke', lease, code: 'expired', detail: '' });
    }
  }

  endWork(done: boolean): void {
    const lease = this.computing;
    if (lease === null) return;
    this.computing = null;
    const upload: Upload = { ...{ lease, run: 'run', kind: 'toy', token: 't', sha256: 's', bytes: 1 }, report };
    const wanted = this.state.work?.cut?.keep !== false && this.state.work?.lost === false;
    if (done && wanted) this.made.add(lease);
    this.tell({ type: 'WorkEnded', lease, upload: done ? upload : null });
  }

  failWork(code: 'worker_crashed' | 'loss_not_finite', chance: number): void {
    const lease = this.computing;
    if (lease === null) return;
    this.computing = null;
    this.tell({ type: 'WorkFailed', lease, code, detail: 'broken', chance });
  }

  endUpload(type: 'UploadEnded' | 'UploadRefused' | 'UploadFailed', chance: number): void {
    const lease = this.uploading;
    if (lease === null) return;
    this.uploading = null;
    if (type !== 'UploadFailed') {
      this.ended.add(lease);
      this.held.delete(lease);
    }
    this.tell({ type, lease, code: 'lease_ended', detail: '', chance } as Happening);
  }

  endProbe(code: 'none' | 'device_lost' | 'self_test_failed', chance: number): void {
    if (!this.probing) return;
    this.probing = false;
    if (code === 'none') this.tell({ type: 'DeviceReady', executor, memoryBytes: 1 });
    else this.tell({ type: 'DeviceFailed', code, detail: 'broken', chance });
  }

  #check(decision: Decision): void {
    const { state } = this;
    switch (decision.type) {
      case 'MessageSent':
        expect(this.socket, 'messages go over an open socket').toBe('open');
        if (decision.message.type === 'ready') {
          expect(state).toMatchObject({ wish: 'running', work: null, uploads: [], device: { phase: 'ready' } });
          expect(state.link.asked, 'asked once').toBe(false);
        }
        if (decision.message.type === 'release') {
          expect(this.computing).not.toBe(decision.message.lease);
          expect(this.held, 'only what is held is given back').toContain(decision.message.lease);
        }
        return;
      case 'ConnectBegan':
        expect(this.socket).toBe('closed');
        return;
      case 'WorkBegan':
        expect(this.computing, 'one piece of work at a time').toBeNull();
        expect(this.probing).toBe(false);
        return;
      case 'WorkKilled':
        expect(this.computing).not.toBeNull();
        return;
      case 'ProbeBegan':
        expect(this.probing || this.computing !== null).toBe(false);
        return;
      case 'UploadBegan':
        expect(this.uploading, 'one upload at a time').toBeNull();
        expect(this.revoked, 'nothing is uploaded for a lease that is over').not.toContain(decision.lease);
    }
  }

  #perform(decision: Decision): void {
    switch (decision.type) {
      case 'ConnectBegan':
        this.socket = 'opening';
        break;
      case 'LinkCut':
        this.socket = 'closed';
        break;
      case 'MessageSent':
        if (decision.message.type === 'release') this.held.delete(decision.message.lease);
        if (decision.message.type === 'ready') this.wanting = true;
        if (decision.message.type === 'away') this.wanting = false;
        break;
      case 'ProbeBegan':
        this.probing = true;
        break;
      case 'WorkBegan':
        this.computing = decision.lease;
        break;
      case 'UploadBegan':
        this.uploading = decision.lease;
        break;
      case 'UploadDropped':
        this.ended.add(decision.lease);
        if (this.uploading === decision.lease) this.uploading = null;
        break;
      case 'UploadCut':
        this.uploading = null;
        break;
    }
  }

  #checkStatus(): void {
    const { code, sentence } = statusOf(this.state);
    expect(sentence).not.toBe('');
    const truth: Partial<Record<typeof code, boolean>> = {
      stopped: this.computing === null && this.uploading === null && this.state.wish === 'stopped',
      refused: this.computing === null && this.state.refusal !== null,
      computing: this.computing !== null && this.state.wish === 'running',
      fetching: this.computing !== null && this.state.wish === 'running',
      uploading: this.uploading !== null && this.computing === null,
      waiting: this.computing === null && this.socket === 'open',
      testing: this.probing && this.computing === null,
      offline: this.socket !== 'open' && this.computing === null,
      connecting: this.socket !== 'open' && this.computing === null,
      paused: this.state.wish === 'paused' && (this.computing === null || this.state.work?.cut !== null),
    };
    expect(truth[code] ?? true, `the status ${code} is true`).toBe(true);
    for (const lease of this.made)
      if (!this.ended.has(lease))
        expect(
          this.state.uploads.some((entry) => entry.upload.lease === lease),
          'no contribution is lost',
        ).toBe(true);
  }
}

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
const told = (steps: readonly ((world: World) => void)[]): World => {
  const world = new World();
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
      for (let turn = 0; turn < 40; turn++) {
        world.pass(1000);
        world.open();
        world.endProbe('none', 0);
        world.hear({ type: 'pong' });
        world.grant();
        world.endWork(true);
        world.endUpload('UploadEnded', 0);
      }
      expect(world.ended.size).toBeGreaterThan(before + 5);
      expect(world.state.uploads.length).toBeLessThanOrEqual(1);
      // What the coordinator still counts as held is here: given back, contributed, or in hand.
      for (const lease of world.held)
        expect([world.computing, world.uploading, ...world.state.uploads.map((e) => e.upload.lease)]).toContain(lease);
    }),
    { numRuns: 200 },
  );
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
