import { advance } from '@pathfold/coordination/coordinator/advance';
import type { Coordinator } from '@pathfold/coordination/coordinator/mind';
import { type CoordinatorState, restore, STATE_SHAPE, snapshot } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { createClock } from './clock.ts';
import type { EventStore } from './store/event-log.ts';

type WithoutTime<E> = E extends CoordinatorEvent ? Omit<E, 'at'> : never;
/** An event that the host has not stamped with its time yet. */
export type Fact = WithoutTime<CoordinatorEvent>;

/** The effects of an event that is in the log. `decided`: by the mind, not told to it. */
export type Perform = (event: CoordinatorEvent, decided: boolean) => void;

export interface HostDeps {
  readonly mind: Coordinator;
  readonly events: EventStore;
  readonly perform: Perform;
  /** The log cannot be written any more: the memory is ahead of it, and the process must end. */
  readonly onFatal: (error: unknown) => void;
  readonly snapshotEvery?: number;
  /** No snapshot was written: the log is whole all the same, and the next restart applies more of it. */
  readonly onUnsaved?: (error: unknown) => void;
  /** Told how long events took, in seconds, to be durable. */
  readonly onAppended?: (seconds: number) => void;
}

/** Joins the mind with the log and the world: input, decisions, append, and only then effects. */
export interface Host {
  /** All that the mind knows; only `record` changes it. */
  readonly state: CoordinatorState;
  now(): number;
  /** Tells the mind that the coordinator is here again: leases and clocks go on from now. */
  begin(): Promise<void>;
  /**
   * Brings facts into the mind at once, in the order of the calls. Resolves when they and what was decided are in
   * the log and their effects have begun.
   */
  record(...facts: Fact[]): Promise<void>;
  /** The same, for those who need not wait; a failure reaches `onFatal`. */
  note(...facts: Fact[]): void;
  /** A volunteer lives. */
  heard(volunteer: string): void;
  /** Saves a snapshot and takes no more facts. */
  stop(): Promise<void>;
}

/** A snapshot writes the whole state; a restart applies this many events in a moment. */
const SNAPSHOT_EVERY = 10_000;

const warn = (error: unknown) =>
  process.emitWarning(`No snapshot was written; the log is whole, the next start takes longer. ${error}`);

/** The newest snapshot and what followed; or all that ever happened, where another version wrote the snapshot in another shape. */
async function read(events: EventStore, mind: Coordinator) {
  const log = await events.load();
  if (!log.snapshot) return { log, state: mind.init() };
  const state = restore(log.snapshot.state as string);
  return state.shape === STATE_SHAPE ? { log, state } : { log: await events.load('whole'), state: mind.init() };
}

/** Restores the state from the log, in a new epoch; nothing happens before `begin`. */
export async function startHost({
  mind,
  events,
  perform,
  onFatal,
  snapshotEvery = SNAPSHOT_EVERY,
  onUnsaved = warn,
  onAppended = () => {},
}: HostDeps): Promise<Host> {
  const epoch = await events.open();
  const { log, state } = await read(events, mind);
  for (const event of log.events) mind.apply(state, event);
  const now = createClock(state.now);
  let seq = log.seq;
  let snapshotSeq = log.snapshot?.seq ?? 0;
  let appended: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function save(): Promise<void> {
    const at = seq;
    snapshotSeq = at;
    try {
      const text = snapshot(state);
      await appended;
      await events.saveSnapshot(at, text);
    } catch (error) {
      onUnsaved(error);
    }
  }

  function wake(): void {
    clearTimeout(timer);
    const at = mind.nextWakeAt(state);
    if (at === null || stopped) return;
    // Where this process stood still, the signs of life that wait for it are read before anybody counts as silent.
    timer = setTimeout(() => setImmediate(note), Math.min(Math.max(0, at - now()), 0x7fffffff));
  }

  async function record(...facts: Fact[]): Promise<void> {
    if (stopped) throw new Error('the coordinator is stopping');
    const at = now();
    const told = facts.map((fact) => ({ ...fact, at }) as CoordinatorEvent);
    const all = advance(mind, state, told, at);
    wake();
    if (all.length === 0) return;
    seq += all.length;
    const begun = performance.now();
    const mine = events.append(all);
    appended = mine;
    if (seq - snapshotSeq >= snapshotEvery) void save();
    await mine.catch(fail);
    onAppended((performance.now() - begun) / 1000);
    all.forEach((event, index) => {
      perform(event, index >= told.length);
    });
  }

  const note = (...facts: Fact[]) => void record(...facts).catch(() => {});

  function fail(error: unknown): never {
    stopped = true;
    clearTimeout(timer);
    onFatal(error);
    throw error;
  }

  return {
    state,
    now,
    begin: () => record({ type: 'CoordinatorStarted', epoch }),
    record,
    note,
    heard: (volunteer) => mind.heard(state, volunteer, now()),
    async stop() {
      if (stopped) return;
      stopped = true;
      clearTimeout(timer);
      await save();
    },
  };
}
