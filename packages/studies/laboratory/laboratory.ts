import { memoryBlobs } from '@pathfold/blobs/memory';
import { advance } from '@pathfold/coordination/coordinator/advance';
import { type Coordinator, createCoordinator } from '@pathfold/coordination/coordinator/mind';
import { type CoordinatorState, type LeaseRecord, snapshot } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent, CoordinatorEventOf } from '@pathfold/coordination/events';
import { Agenda } from '@pathfold/coordination/simulator/agenda';
import type { Fold, FoldBlobs, RunFacts } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { Executor } from '@pathfold/tensors/executors/executor';
import type { LaboratoryKind } from './kind.ts';
import { type Device, LaboratoryVolunteer, type Traffic } from './volunteer.ts';

type WithoutTime<E> = E extends CoordinatorEvent ? Omit<E, 'at'> : never;
/** An event that has no time yet. */
export type Fact = WithoutTime<CoordinatorEvent>;

export interface LaboratoryOptions {
  readonly kinds: readonly LaboratoryKind[];
  readonly executor: Executor;
  /** Whether the contribution of a lease gets lost on its way: the volunteer notices, the coordinator never sees it. */
  readonly loses?: (lease: LeaseRecord) => boolean;
  /** Told of each event after its effects have begun. What it answers is waited for. */
  readonly onEvent?: (event: CoordinatorEvent) => void | Promise<void>;
}

const HEARTBEAT_MS = 10_000;
/** After so long without an event a run will not come to its end. */
const STANDSTILL_MS = 48 * 3_600_000;

/**
 * The coordinator's host in virtual time with real arithmetic: the product's mind decides, its kinds of work plan,
 * compute and fold, and only time is ours. What happens at one time happens in the order in which it was begun, so
 * that the same options, run and devices give the same bits.
 */
export class Laboratory {
  readonly blobs = memoryBlobs();
  readonly state: CoordinatorState;
  readonly traffic: Traffic = { down: 0, up: 0 };
  readonly #options: LaboratoryOptions;
  readonly #mind: Coordinator;
  readonly #agenda = new Agenda();
  readonly #volunteers = new Map<string, LaboratoryVolunteer>();
  /** Cost of each lease under way to its volunteer, in virtual milliseconds. */
  readonly #times = new Map<string, { readonly travelMs: number; readonly unitMs: number }>();
  /** What the step of virtual time that just happened has yet to compute. */
  readonly #pending: (() => void | Promise<void>)[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;
  #lastEventAt = 0;

  constructor(options: LaboratoryOptions) {
    this.#options = options;
    this.#mind = createCoordinator(options.kinds.map(({ plan }) => plan));
    this.state = this.#mind.init();
    this.#beat();
  }

  /** Virtual milliseconds since the beginning. */
  get now(): number {
    return this.#agenda.now;
  }

  get volunteers(): ReadonlyMap<string, LaboratoryVolunteer> {
    return this.#volunteers;
  }

  /** Begins a run; its blobs are in `blobs`. */
  create(run: RunFacts): void {
    this.record({ type: 'RunCreated', run, kinds: this.#options.kinds.map(({ plan }) => plan.name) });
  }

  /** Does something after a time: a trace of joins and departures, for example. */
  after(ms: number, act: () => void | Promise<void>): void {
    this.#agenda.after(ms, () => this.#pending.push(act));
  }

  /** A device is there and asks for work; one that was there before still has its disk. */
  join(device: Device): void {
    const { id } = device;
    const known = this.#volunteers.get(id);
    const { executor } = this.#options;
    const around = { executor, traffic: this.traffic, blob: async (ref: { sha256: string }) => this.#blob(ref.sha256) };
    const volunteer = known ?? new LaboratoryVolunteer(device, around);
    volunteer.present = true;
    this.#volunteers.set(id, volunteer);
    this.record({ type: 'VolunteerJoined', volunteer: id, name: id, agent: 'node', trusted: true });
    this.#ask(volunteer);
  }

  /** It says good-bye and gives back what it holds. */
  leave(id: string): void {
    const volunteer = this.#volunteers.get(id)!;
    volunteer.present = false;
    const lease = this.state.volunteers[id]?.lease;
    if (lease) this.record({ type: 'LeaseEnded', lease, code: 'user', detail: '' });
    this.record({ type: 'VolunteerAway', volunteer: id }, { type: 'VolunteerLost', volunteer: id });
  }

  /** It hands in the units that it has done, and then says good-bye. */
  async retire(id: string): Promise<void> {
    const volunteer = this.#volunteers.get(id)!;
    const lease = this.state.leases[this.state.volunteers[id]?.lease ?? ''];
    const times = lease && this.#times.get(lease.id);
    if (lease && times) {
      const ms = this.now - lease.grantedAt;
      const units = Math.floor((ms - times.travelMs) / times.unitMs);
      if (units > 0) await this.#handIn(lease, volunteer, units, ms);
    }
    this.leave(id);
  }

  /** It is gone without a word: the coordinator can only wait until its silence has lasted too long. */
  vanish(id: string): void {
    this.#volunteers.get(id)!.present = false;
  }

  /** Lets virtual time pass until this is so. Throws when nothing has happened for two days. */
  async play(done: () => boolean): Promise<void> {
    while (!done()) {
      this.#agenda.step();
      if (this.now - this.#lastEventAt > STANDSTILL_MS) throw new Error('the laboratory stands still before its end');
      for (let act = this.#pending.shift(); act; act = this.#pending.shift()) await act();
    }
  }

  /** Brings facts into the mind; their effects, and those of what was decided, follow. */
  record(...facts: Fact[]): void {
    const at = this.now;
    const told = facts.map((fact) => ({ ...fact, at }) as CoordinatorEvent);
    const all = advance(this.#mind, this.state, told, at);
    this.#armTimer();
    if (all.length > 0) this.#lastEventAt = at;
    all.forEach((event, index) => {
      this.#perform(event, index >= told.length);
      const { onEvent } = this.#options;
      if (onEvent) this.#pending.push(() => onEvent(event));
    });
  }

  #armTimer(): void {
    const wakeAt = this.#mind.nextWakeAt(this.state);
    if (wakeAt === null || wakeAt >= this.#wakeAt) return;
    this.#wakeAt = wakeAt;
    this.after(wakeAt - this.now, () => {
      if (this.#wakeAt !== wakeAt) return;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.record();
    });
  }

  #beat(): void {
    for (const { device, present } of this.#volunteers.values())
      if (present) this.#mind.heard(this.state, device.id, this.now);
    this.after(HEARTBEAT_MS, () => this.#beat());
  }

  #perform(event: CoordinatorEvent, decided: boolean): void {
    switch (event.type) {
      case 'LeaseGranted':
        this.#begin(event);
        return;
      case 'LeaseEnded':
      case 'ContributionRejected':
        for (const volunteer of this.#volunteers.values()) volunteer.settle(event.lease, false);
        if (decided) this.#askIdle();
        return;
      case 'ContributionAccepted':
        for (const volunteer of this.#volunteers.values()) volunteer.settle(event.lease, true);
        return;
      case 'ContributionReceived':
        this.after(0, () => this.#check(event.lease));
        return;
      case 'FoldBegun':
        this.after(0, () => this.#fold(event.run, event.kind, event.fold));
        return;
    }
  }

  #ask({ present, device: { id, tokensPerSecond } }: LaboratoryVolunteer): void {
    if (!present) return;
    const executor = { name: 'wasm', adapter: '', tokensPerSecond };
    this.record({ type: 'VolunteerReady', volunteer: id, executor, memoryBytes: 0 });
  }

  /** Whose lease was taken back asks for another. */
  #askIdle(): void {
    for (const volunteer of this.#volunteers.values()) {
      const record = this.state.volunteers[volunteer.device.id];
      if (record?.connected && record.lease === null && !record.wantsWork) this.after(0, () => this.#ask(volunteer));
    }
  }

  #begin({ lease: id, volunteer: holder }: CoordinatorEventOf<'LeaseGranted'>): void {
    const lease = this.state.leases[id];
    const volunteer = this.#volunteers.get(holder)!;
    if (!lease || !volunteer.present) return;
    const { travelMs, unitMs } = volunteer.durationMs(lease);
    const units = Math.min(lease.task.steps, Math.floor((lease.task.durationMs - travelMs) / unitMs));
    const ms = travelMs + units * unitMs;
    this.#times.set(id, { travelMs, unitMs });
    this.after(ms, () => this.#finish(id, volunteer, units, ms));
  }

  async #finish(id: string, volunteer: LaboratoryVolunteer, units: number, ms: number): Promise<void> {
    this.#times.delete(id);
    const lease = this.state.leases[id];
    if (!lease || lease.contribution || !volunteer.present) return;
    await this.#handIn(lease, volunteer, units, ms);
    this.#ask(volunteer);
  }

  async #handIn(lease: LeaseRecord, volunteer: LaboratoryVolunteer, units: number, ms: number): Promise<void> {
    const { id, kind } = lease;
    const run = this.#kind(kind).runOf(volunteer.device.id);
    const { payload, report } = await volunteer.compute(run, lease, units, ms);
    if (report.steps === 0 || this.#options.loses?.(lease)) {
      this.record({ type: 'LeaseEnded', lease: id, code: 'lost', detail: '' });
    } else {
      const { sha256, bytes } = await this.blobs.put(payload);
      this.traffic.up += bytes;
      this.record({ type: 'ContributionReceived', lease: id, sha256, bytes, report });
    }
  }

  async #check(id: string): Promise<void> {
    const lease = this.state.leases[id];
    if (!lease?.contribution) return;
    const { sha256, report } = lease.contribution;
    try {
      const trusted = this.state.volunteers[lease.volunteer]?.trusted ?? false;
      const { fold } = this.#kind(lease.kind);
      const figures = fold.check(lease.task.body, await this.#blob(sha256), report, trusted);
      this.record({ type: 'ContributionChecked', lease: id, figures });
    } catch (error) {
      if (!(error instanceof PathfoldError)) throw error;
      this.record({ type: 'ContributionRejected', lease: id, code: error.code, detail: error.detail });
    }
  }

  async #fold(run: string, kind: string, { key, input }: Fold): Promise<void> {
    const blobs: FoldBlobs = {
      get: async (sha256, range) => (await this.#blob(sha256)).slice(range?.start, range?.end),
      put: (bytes) => this.blobs.put(bytes),
    };
    const output = await this.#kind(kind).fold.fold(input, blobs);
    this.record({ type: 'FoldEnded', run, kind, fold: key, output });
    if (Object.keys(this.state.runs[run]!.folds).length === 0) await this.#sweep();
  }

  /** Deletes blobs that the state does not name any more, as the server does. */
  async #sweep(): Promise<void> {
    const text = snapshot(this.state);
    for await (const { sha256 } of this.blobs.list()) if (!text.includes(sha256)) await this.blobs.delete(sha256);
  }

  async #blob(sha256: string): Promise<Uint8Array> {
    const bytes = await this.blobs.get(sha256);
    if (!bytes) throw new Error(`the laboratory has no blob ${sha256}`);
    return bytes;
  }

  #kind(name: string): LaboratoryKind {
    return this.#options.kinds.find(({ plan }) => plan.name === name)!;
  }
}
