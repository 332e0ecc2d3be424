import type { CoordinatorEvent, CoordinatorEventOf } from '../events.ts';
import type { Outcome, WorkPlan } from '../work-plan.ts';
import { discountLease, isAbsent, type Memory, noteIdle } from './memory.ts';
import type { CoordinatorState, LeaseRecord, RunRecord, VolunteerRecord } from './state.ts';
import type { Touched } from './touched.ts';

/** Where an event is applied. `at`: the time of the event. */
export interface Scene {
  readonly state: CoordinatorState;
  readonly memory: Memory;
  readonly touched: Touched;
  readonly kinds: ReadonlyMap<string, WorkPlan<unknown>>;
  readonly silenceMs: number;
  readonly at: number;
}

/** The effect of each of these events on the state. */
export type Handlers<T extends CoordinatorEvent['type']> = {
  [K in T]: (scene: Scene, event: CoordinatorEventOf<K>) => void;
};

/** Tells a kind of work what happened to its run. */
export function tell(scene: Scene, run: RunRecord, kind: string, outcome: Outcome): void {
  scene.kinds.get(kind)?.settle(run.works[kind], run.facts, outcome, scene.at);
}

/** How far the paths of a run have come, as a kind of work that trains them tells. */
export function noteSteps({ kinds }: Pick<Scene, 'kinds'>, { facts, works }: RunRecord, kind: string): void {
  const { paths = {} } = kinds.get(kind)?.pages?.summary(works[kind], facts) ?? {};
  for (const [id, { steps }] of Object.entries(paths)) if (facts.paths[id]) facts.paths[id].steps = steps;
}

/** The volunteer, to be decided about again; undefined when it is unknown. */
export function touchVolunteer(scene: Scene, id: string): VolunteerRecord | undefined {
  const volunteer = scene.state.volunteers[id];
  if (volunteer) scene.touched.volunteers.add(id);
  return volunteer;
}

export function disconnect(scene: Scene, volunteer: VolunteerRecord): void {
  volunteer.connected = false;
  volunteer.lends = false;
  volunteer.wantsWork = false;
  volunteer.prefers = null;
  if (volunteer.executor) volunteer.executor = { name: volunteer.executor.name, adapter: '', tokensPerSecond: 0 };
  noteIdle(scene.memory, volunteer);
  forget(scene, volunteer);
}

/** Absent volunteers that the mind remembers. Whoever comes back later is a newcomer to it, but for what it earned. */
export const MOST_ABSENT = 10_000;
/** Volunteers beyond those whose credit it keeps; the host's tables keep that of all. */
export const MOST_FORGOTTEN = 100_000;
/** Those that went first are let go so many at a time. */
const FORGOTTEN_AT_ONCE = 10_000;

function keepAccount({ state, memory }: Scene, { id, credit, credits, acceptedCount, rejectedCount }: VolunteerRecord) {
  state.forgotten ??= {};
  state.forgotten[id] = { credit, credits, acceptedCount, rejectedCount };
  if (++memory.forgotten < MOST_FORGOTTEN + FORGOTTEN_AT_ONCE) return;
  for (const oldest of Object.keys(state.forgotten).slice(0, FORGOTTEN_AT_ONCE)) delete state.forgotten[oldest];
  memory.forgotten -= FORGOTTEN_AT_ONCE;
}

/**
 * Identities are free: of those that are gone the mind remembers whose work counted or may yet, as many as it has room
 * for, and who may do none.
 */
export function forget(scene: Scene, volunteer: VolunteerRecord): void {
  const { state, memory } = scene;
  const { absent } = memory;
  const { id, acceptedCount, grantCount, credits, paths } = volunteer;
  if (!isAbsent(volunteer)) return;
  const isChecked = () => Object.values(state.leases).some((lease) => lease.volunteer === id);
  if (acceptedCount === 0 && (grantCount === 0 || !isChecked())) {
    absent.delete(id);
    delete state.volunteers[id];
    return;
  }
  if (absent.has(id)) return;
  for (const byRun of [credits, paths]) for (const run of Object.keys(byRun)) if (!state.runs[run]) delete byRun[run];
  // The state tells by its order who went first.
  delete state.volunteers[id];
  state.volunteers[id] = volunteer;
  absent.add(id);
  for (const oldest of absent) {
    if (absent.size <= MOST_ABSENT) return;
    absent.delete(oldest);
    keepAccount(scene, state.volunteers[oldest]!);
    delete state.volunteers[oldest];
  }
}

/** The one way out of `state.leases`: the volunteer is free, the run no longer counts it. */
export function endLease(scene: Scene, lease: LeaseRecord): void {
  const { state, memory, touched } = scene;
  delete state.leases[lease.id];
  discountLease(memory, lease);
  const volunteer = touchVolunteer(scene, lease.volunteer);
  if (volunteer?.lease === lease.id) {
    volunteer.lease = null;
    noteIdle(memory, volunteer);
  }
  if (volunteer) forget(scene, volunteer);
  const run = state.runs[lease.run];
  if (!run) return;
  delete run.leases[lease.id];
  touched.runs.add(lease.run);
  dropDeletedRun(scene, run);
}

/** A deleted run is forgotten with its last lease. */
export function dropDeletedRun(scene: Scene, run: RunRecord): void {
  if (run.deleted && Object.keys(run.leases).length === 0) delete scene.state.runs[run.facts.id];
}

/** A lease that ends without an accepted contribution. */
export function loseLease(scene: Scene, lease: LeaseRecord): void {
  const run = scene.state.runs[lease.run];
  if (run) tell(scene, run, lease.kind, { type: 'ended', lease: lease.id, key: lease.task.key });
  endLease(scene, lease);
}
