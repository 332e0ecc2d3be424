import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { hear } from '@pathfold/coordination/volunteer/apply-heard';
import { record } from '@pathfold/coordination/volunteer/apply-uploads';
import { initialState, type VolunteerState } from '@pathfold/coordination/volunteer/state';
import { verdictOf } from '@pathfold/coordination/volunteer/status';
import type { Down } from '@pathfold/protocol/down';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Report } from '@pathfold/protocol/report';
import { snapshotOf } from '@pathfold/volunteer/snapshot';
import { inputs, SPEED, tableWith, taskOf, warmUp } from '@pathfold/works/train/async.fixture';
import { trainPlan } from '@pathfold/works/train/plan';
import type { TrainFoldInput } from '@pathfold/works/train/task';
import { expect, test } from 'vitest';
import { createEffects, type EffectDeps } from './effects.ts';
import { createSigner } from './security/secrets.ts';
import { readReport } from './uploads/headers.ts';

/** A fold's output, with the next version of its module. */
const stepped = ({ module: { name, version, sha256, bytes } }: TrainFoldInput) => ({
  modules: [{ name, version: version + 1, blob: { sha256, bytes }, state: null }],
  ...{ figures: null, result: null },
});

/** A coordinator's mind and its effects, with the volunteers that hear what is sent to them. */
class Network {
  readonly table: ReturnType<typeof tableWith>;
  readonly #volunteers = new Map<string, VolunteerState>();
  readonly #effects: ReturnType<typeof createEffects>;
  #played = 0;

  constructor(...settings: Parameters<typeof tableWith>) {
    this.table = tableWith(...settings);
    const take = (event: CoordinatorEvent) => this.play(() => this.table.take(event));
    const host = { state: this.table.state, note: take, record: async (event: CoordinatorEvent) => take(event) };
    this.#effects = createEffects({
      host: () => host,
      kinds: [trainPlan],
      executors: {
        check: async () => ({ norm: 1 }),
        fold: async (_kind: string, input: TrainFoldInput) => stepped(input),
      },
      connections: { send: (volunteer: string, message: Down) => hear(this.#of(volunteer), message, this.table.now) },
      signer: createSigner('a key'),
      metrics: {
        events: { inc() {} },
        uploadBytes: { inc() {} },
        blobSent() {},
        foldSeconds: { startTimer: () => () => {} },
      },
      log: { warn() {}, error() {} },
      onEvent() {},
    } as unknown as EffectDeps);
  }

  #of(volunteer: string): VolunteerState {
    let state = this.#volunteers.get(volunteer);
    if (!state) {
      const executor = { name: 'test', adapter: '', tokensPerSecond: SPEED };
      state = { ...initialState(), wish: 'running', device: { phase: 'ready', executor, memoryBytes: 0 } };
      this.#volunteers.set(volunteer, state);
    }
    return state;
  }

  /** The step at the table, and then its effects in the world. */
  play(act: () => unknown): void {
    act();
    while (this.#played < this.table.log.length) this.#effects.perform(this.table.log[this.#played++]!, true);
  }

  /** Work of so many steps comes in, and its volunteer asks for more: the fold of it ends. */
  async handIn(volunteer: string, steps: number, says = SPEED): Promise<void> {
    const lease = this.table.lease(volunteer);
    this.#of(volunteer).work = null;
    this.play(() => this.table.receive(lease, steps));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    this.play(() => this.table.ready(volunteer, says));
  }

  refuseAtDoor(volunteer: string, { code, detail }: PathfoldError): void {
    record(this.#of(volunteer), { lease: 'l', state: 'rejected', code, detail, at: 0 });
  }

  /** The page's facts about the work in hand, and about the last that was handed in. */
  page(volunteer: string) {
    const traffic = { fromPeersBytes: 0, fromCoordinatorBytes: 0, toPeersBytes: 0, uploadedBytes: 0, peers: 0 };
    const answering = { on: false, now: null, answers: 0 };
    const { work, outcomes } = snapshotOf(
      this.#of(volunteer),
      traffic,
      { sharing: false, uploadLimit: null },
      answering,
    );
    const [outcome] = outcomes;
    return {
      steps: work?.plannedSteps,
      reason: work?.stepsReason,
      outcome: outcome?.state,
      verdict: outcome ? verdictOf(outcome) : '',
    };
  }
}

test.each([
  [40, {}, { steps: 5, because: 'pace', timesSlower: 4 }],
  [30, { leastSteps: 9 }, { steps: 9, because: 'least', timesSlower: 3 }],
])('who claims a thousand times its speed and takes %s s reads how slow it is', async (seconds, settings, told) => {
  const network = new Network({ grace: 0, ...settings }, { roundDeadlineMs: 600_000 });
  const { table } = network;
  network.play(() => warmUp(table, { a: 10, b: 10 }));
  network.play(() => table.join('braggart', 1000 * SPEED));
  expect(network.page('braggart')).toMatchObject({ steps: 20, reason: { because: 'whole' } });
  network.play(() => table.wait(1000 * seconds));
  await network.handIn('braggart', 20, 1000 * SPEED);
  const { steps, reason } = network.page('braggart');
  expect(steps).toBe(taskOf(table, 'braggart').steps);
  expect({ steps, ...reason }).toEqual({ ...told, whole: 20, timesSlower: expect.closeTo(told.timesSlower, 1) });
});

test('who needs longer than a lease lasts reads that it has as many steps as there is time for', async () => {
  const network = new Network({ grace: 0, dynamicSteps: false }, { roundDeadlineMs: 30_000 });
  network.play(() => network.table.join('braggart', 1000 * SPEED));
  network.play(() => network.table.wait(14_000));
  await network.handIn('braggart', 10, 1000 * SPEED);
  // 1.4 s a step, in six tenths of 30 s.
  expect(network.page('braggart')).toMatchObject({ steps: 12, reason: { because: 'lease', whole: 20 } });
});

test('who hands in work from ten versions ago, late, reads why it was refused, and gets fewer steps', async () => {
  const network = new Network({ grace: 0, mostStaleness: 9 });
  const { table } = network;
  for (const id of ['a', 'old']) network.play(() => table.join(id, SPEED));
  for (let version = 0; version < 10; version++) {
    network.play(() => table.wait(1600));
    // As fast as the other one says that it is.
    await network.handIn('a', 3);
  }
  const { version } = table.state.runs['r']!.facts.modules['head']!;
  expect(version - taskOf(table, 'old').modules.at(-1)!.version).toBe(10);
  await network.handIn('old', 20);
  const { outcome, verdict, steps, reason } = network.page('old');
  expect(outcome).toBe('rejected');
  expect(verdict).toBe(
    'It came late, and the model has moved on by more versions since than the run allows. ' +
      'Nothing: the next piece of work starts from the newest version, with fewer steps.',
  );
  expect({ steps, ...reason }).toMatchObject({ steps: 13, because: 'pace', whole: 20 });
});

test('who floods the run with single steps reads how little each of them counts', async () => {
  const network = new Network({ grace: 0 });
  const { table } = network;
  network.play(() => warmUp(table, { honest: 10, flood: 10 }));
  for (let i = 0; i < 5; i++) {
    network.play(() => table.wait(300));
    await network.handIn('flood', 1);
  }
  const folds = inputs(table.log).filter(({ contributions }) => contributions[0]?.steps === 1);
  const { outcome, verdict } = network.page('flood');
  expect(outcome).toBe('folded');
  expect(verdict).toContain('The contribution is part of a new version of the model.');
  const percent = Number(/It counts for ([\d.]+) % of one step/.exec(verdict)?.[1]);
  expect(percent).toBeCloseTo(100 * folds.at(-1)!.share, 1);
  // One step of the twenty of the other one, and of its own one.
  expect(percent).toBeCloseTo((100 * 1) / 21, 0);
});

test.each([-5000, 1e11, Number.NaN])(
  'whose clock says that it computed for %s ms reads which figure is wrong',
  (ms) => {
    const network = new Network({});
    const report: Report = {
      ...{ steps: 1, tokens: 1, computeMs: ms, loss: 3, downloadedBytes: { peers: 0, coordinator: 0 } },
      executor: { name: 'test', adapter: '', tokensPerSecond: SPEED },
    };
    const header = Buffer.from(JSON.stringify(report)).toString('base64url');
    expect(() => readReport({ 'pathfold-report': header })).toThrow(PathfoldError);
    try {
      readReport({ 'pathfold-report': header });
    } catch (error) {
      network.refuseAtDoor('backwards', error as PathfoldError);
    }
    // The whole sentence: server/api/contributions.test.ts, where the server has set its language.
    expect(network.page('backwards').outcome).toBe('rejected');
    expect(network.page('backwards').verdict).toMatch(
      /^The header pathfold-report does not fit its schema\. computeMs: .*Correct the field/,
    );
  },
);
