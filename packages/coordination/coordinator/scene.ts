import type { CoordinatorEvent, CoordinatorEventOf } from '../events.ts';
import type { Outcome, WorkPlan } from '../work-plan.ts';
import { countLease, type Memory, noteIdle } from './memory.ts';
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

/** What each of these events does to the state. */
export type Handlers<T extends CoordinatorEvent['type']> = {
  [K in T]: (scene: Scene, event: CoordinatorEventOf<K>) => void;
};

/** Tells a kind of work what happened to its run. */
export function tell(scene: Scene, run: RunRecord, kind: string, outcome: Outcome): void {
  scene.kinds.get(kind)?.settle(run.works[kind], run.facts, outcome, scene.at);
}

/** How far the paths of a run have come, as a kind of work that trains them tells. */
export function noteSteps({ kinds }: Pick<Scene, 'kinds'>, { facts, works }: RunRecord, kind: string): void {
  const { paths = {} } = (!facts.study && kinds.get(kind)?.summary(works[kind], facts)) || {};
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
  noteIdle(scene.memory, volunteer);
  forget(scene, volunteer);
}

/** Identities are free: of those that are gone the mind remembers whose work counted or may yet, and who may do none. */
function forget({ state }: Scene, volunteer: VolunteerRecord): void {
  const { id, connected, banned, acceptedCount } = volunteer;
  if (connected || banned || acceptedCount > 0 || volunteer.lease !== null) return;
  const isChecked = () => Object.values(state.leases).some((lease) => lease.volunteer === id);
  if (volunteer.grantCount === 0 || !isChecked()) delete state.volunteers[id];
}

/** The one way out of `state.leases`: the volunteer is free, the run no longer counts it. */
export function endLease(scene: Scene, lease: LeaseRecord): void {
  const { state, memory, touched } = scene;
  delete state.leases[lease.id];
  countLease(memory, lease.run, -1);
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
