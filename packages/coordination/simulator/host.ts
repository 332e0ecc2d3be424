import type { Coordinator } from '../coordinator/mind.ts';
import { type CoordinatorState, foldId, restore, snapshot } from '../coordinator/state.ts';
import { nothingTouched, type Touched } from '../coordinator/touched.ts';
import type { CoordinatorEvent } from '../events.ts';
import type { Agenda } from './agenda.ts';
import type { SimulatedKind } from './kind.ts';
import type { Random } from './random.ts';
import { must } from './violation.ts';
import type { Watch } from './watch.ts';

type WithoutTime<E> = E extends CoordinatorEvent ? Omit<E, 'at'> : never;
/** An event that has no time yet. */
export type Fact = WithoutTime<CoordinatorEvent>;

export interface HostDeps {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly kinds: readonly SimulatedKind[];
  /** A mind with nothing in its memory, as after a start. */
  readonly newMind: () => Coordinator;
  readonly watch: Watch;
  readonly onLogged: (event: CoordinatorEvent) => void;
  /** Says to volunteers what follows from an event, once it is in the log. */
  readonly tell: (event: CoordinatorEvent, decided: boolean) => void;
  /** Rate of the coordinator's clock: its count for each millisecond. */
  readonly clockRate: number;
  /** Whether the contribution of a lease was invented, and would pass its check. */
  readonly lied: (lease: string) => boolean;
  /** The finding of the check of a lease's contribution. */
  readonly check: (lease: string) => Fact;
  /** It was killed: something must start it again. */
  readonly onDied: () => void;
  /** Chance that a result is told twice. */
  readonly duplicate: number;
  /** Mean time of a fold. */
  readonly foldMs: number;
  readonly faults: { duplicates: number };
}

/** Events between two snapshots at least, and for so many characters of the last one: of a crowd it is long. */
const SNAPSHOT_EVERY = 400;
const CHARACTERS_AN_EVENT = 250;
/** Passes over one batch after which the mind is held to decide for ever. */
const MOST_PASSES = 100_000;

/**
 * The coordinator's host in virtual time: log, snapshots, effects; it can die at any time and starts again from
 * snapshot and log, which must give the state that died, bit for bit.
 */
export class VirtualHost {
  readonly #deps: HostDeps;
  /** Events of the log after the snapshot, and how many events it has in all. */
  #tail: CoordinatorEvent[] = [];
  eventCount = 0;
  state: CoordinatorState;
  /** Since when it is up, in virtual time; null while it is down. */
  upSince: number | null = 0;
  #mind: Coordinator;
  #snapshot: string;
  /** Counts starts: what an earlier life had begun does not come to an end. */
  #life = 0;
  #doomed = false;
  #clockOffset = 1_000_000;
  #clock = 0;
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(deps: HostDeps) {
    this.#deps = deps;
    this.#mind = deps.newMind();
    this.state = this.#mind.init();
    this.#snapshot = snapshot(this.state);
  }

  /** The coordinator's clock, which never goes back whatever the machine's does. */
  now(): number {
    this.#clock = Math.max(this.#clock, this.#machineClock);
    return this.#clock;
  }

  get #machineClock(): number {
    return Math.floor(this.#deps.agenda.now * this.#deps.clockRate) + this.#clockOffset;
  }

  /** Whether the mind has nothing left to decide before more happens or time passes. */
  get isSettled(): boolean {
    const wakeAt = this.#mind.nextWakeAt(this.state);
    return wakeAt === null || wakeAt > this.now();
  }

  jump(ms: number): void {
    this.#clockOffset += ms;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.record();
  }

  heard(volunteer: string): void {
    if (this.upSince !== null) this.#mind.heard(this.state, volunteer, this.now());
  }

  /**
   * Brings facts into the mind, appends them and what it decided to the log, and lets the effects happen. While
   * it is down, facts are lost.
   */
  record(facts: readonly Fact[] = []): void {
    if (this.upSince === null) return;
    const at = this.now();
    const told = facts.map((fact) => ({ at, ...fact }) as CoordinatorEvent);
    const decided: CoordinatorEvent[] = [];
    let touched = this.#applyAll(told, false);
    for (let pass = 0; ; pass++) {
      must(pass < MOST_PASSES, () => 'the mind does not come to an end of its decisions');
      const more = this.#mind.plan(this.state, touched, at);
      if (more.length === 0) break;
      decided.push(...more);
      touched = this.#applyAll(more, true);
    }
    if (this.#tail.length >= Math.max(SNAPSHOT_EVERY, this.#snapshot.length / CHARACTERS_AN_EVENT)) {
      this.#snapshot = snapshot(this.state);
      this.#tail = [];
    }
    if (this.#doomed && told.length + decided.length > 0) {
      this.die();
      return;
    }
    this.#armTimer();
    for (const event of told) this.#perform(event, false);
    for (const event of decided) this.#perform(event, true);
  }

  /** It is going to be killed right after its next append: what is in the log has had no effect. */
  doom(): void {
    this.#doomed = true;
  }

  die(): void {
    if (this.upSince === null) return;
    this.#doomed = false;
    this.upSince = null;
    this.#life++;
    this.#deps.onDied();
  }

  /** Starts again from snapshot and log. */
  start(epoch: number): void {
    if (this.upSince !== null) return;
    const { newMind, agenda } = this.#deps;
    const restored = restore(this.#snapshot);
    const mind = newMind();
    for (const event of this.#tail) mind.apply(restored, event);
    must(snapshot(restored) === snapshot(this.state), () => 'snapshot and log do not give the state that was lost');
    this.state = restored;
    this.#mind = mind;
    this.upSince = agenda.now;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.record([{ type: 'CoordinatorStarted', epoch }]);
    for (const lease of Object.values(this.state.leases)) this.#check(lease.id);
    for (const [run, { folds }] of Object.entries(this.state.runs))
      for (const { kind, fold } of Object.values(folds)) this.#endFold(run, kind, fold.key);
  }

  #applyAll(events: readonly CoordinatorEvent[], decided: boolean): Touched {
    const all = nothingTouched();
    for (const event of events) {
      this.#tail.push(event);
      this.eventCount++;
      const touched = this.#mind.apply(this.state, event);
      for (const what of ['runs', 'volunteers', 'leases'] as const) for (const id of touched[what]) all[what].add(id);
      this.#deps.onLogged(event);
      this.#deps.watch.see(event, this.state, decided);
    }
    return all;
  }

  #armTimer(): void {
    const { agenda } = this.#deps;
    const wakeAt = this.#mind.nextWakeAt(this.state);
    if (wakeAt === null || wakeAt >= this.#wakeAt) return;
    this.#wakeAt = wakeAt;
    const life = this.#life;
    agenda.after((wakeAt - this.#machineClock) / this.#deps.clockRate, () => {
      if (life !== this.#life || this.#wakeAt !== wakeAt) return;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.record();
    });
  }

  #perform(event: CoordinatorEvent, decided: boolean): void {
    this.#deps.tell(event, decided);
    if (event.type === 'ContributionReceived') this.#check(event.lease);
    else if (event.type === 'FoldBegun') this.#endFold(event.run, event.kind, event.fold.key);
  }

  /** The work of a worker thread: it ends some time later, if this life of the host lasts that long. */
  #later(meanMs: number, fact: () => Fact): void {
    const { agenda, random, duplicate } = this.#deps;
    const life = this.#life;
    const again = random.chance(duplicate)
      ? [random.waitMs(meanMs), random.waitMs(30 * meanMs)]
      : [random.waitMs(meanMs)];
    if (again.length > 1) this.#deps.faults.duplicates++;
    for (const ms of again)
      agenda.after(ms, () => {
        if (life === this.#life) this.record([fact()]);
      });
  }

  #check(lease: string): void {
    if (!this.state.leases[lease]?.contribution) return;
    this.#later(100, () => this.#deps.check(lease));
  }

  #endFold(run: string, kind: string, key: string): void {
    const fold = this.state.runs[run]?.folds[foldId(kind, key)]?.fold;
    if (!fold) return;
    const output = this.#deps.kinds.find(({ plan }) => plan.name === kind)!.fold(fold, this.#deps.lied);
    this.#later(this.#deps.foldMs, () => ({ type: 'FoldEnded', run, kind, fold: key, output }));
  }
}
