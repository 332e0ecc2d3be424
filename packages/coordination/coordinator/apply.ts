import type { CoordinatorEvent, CoordinatorEventOf } from '../events.ts';
import type { Outcome, WorkPlan } from '../work-plan.ts';
import { type Memory, noteIdle, watch } from './memory.ts';
import { type CoordinatorState, foldId, type LeaseRecord, type RunRecord, type VolunteerRecord } from './state.ts';
import type { Touched } from './touched.ts';

/** Weight of the newest contribution in a volunteer's measured speed. */
const SPEED_WEIGHT = 0.5;

interface Scene {
  readonly state: CoordinatorState;
  readonly memory: Memory;
  readonly touched: Touched;
  readonly kinds: ReadonlyMap<string, WorkPlan<unknown>>;
  readonly silenceMs: number;
  readonly at: number;
}

type Handlers = { [T in CoordinatorEvent['type']]: (scene: Scene, event: CoordinatorEventOf<T>) => void };

function tell(scene: Scene, run: RunRecord, kind: string, outcome: Outcome): void {
  scene.kinds.get(kind)?.settle(run.works[kind], run.facts, outcome, scene.at);
}

function touchVolunteer(scene: Scene, id: string): VolunteerRecord | undefined {
  const volunteer = scene.state.volunteers[id];
  if (volunteer) scene.touched.volunteers.add(id);
  return volunteer;
}

/** The one way out of `state.leases`: the volunteer is free, the run no longer counts it. */
function endLease(scene: Scene, lease: LeaseRecord): void {
  const { state, memory, touched } = scene;
  delete state.leases[lease.id];
  const volunteer = touchVolunteer(scene, lease.volunteer);
  if (volunteer?.lease === lease.id) {
    volunteer.lease = null;
    noteIdle(memory, volunteer);
  }
  const run = state.runs[lease.run];
  if (!run) return;
  delete run.leases[lease.id];
  touched.runs.add(lease.run);
  dropDeletedRun(scene, run);
}

function dropDeletedRun(scene: Scene, run: RunRecord): void {
  if (run.deleted && Object.keys(run.leases).length === 0) delete scene.state.runs[run.facts.id];
}

/** A lease that ends without an accepted contribution. */
function loseLease(scene: Scene, lease: LeaseRecord): void {
  const run = scene.state.runs[lease.run];
  if (run) tell(scene, run, lease.kind, { type: 'ended', lease: lease.id, key: lease.task.key });
  endLease(scene, lease);
}

function resume(scene: Scene, run: RunRecord, pausedMs: number): void {
  for (const kind of run.kinds) tell(scene, run, kind, { type: 'resumed', pausedMs });
}

const perSecond = (count: number, ms: number): number => (1000 * count) / Math.max(1, ms);

const newVolunteer = (event: CoordinatorEventOf<'VolunteerJoined'>, at: number): VolunteerRecord => ({
  id: event.volunteer,
  name: event.name,
  agent: event.agent,
  connected: false,
  wantsWork: false,
  banned: false,
  executor: null,
  memoryBytes: 0,
  tokensPerSecond: 0,
  isMeasured: false,
  lease: null,
  paths: {},
  credit: 0,
  acceptedCount: 0,
  rejectedCount: 0,
  seenAt: at,
});

const handlers: Handlers = {
  CoordinatorStarted(scene, event) {
    const { state, memory, touched, at, silenceMs } = scene;
    const downMs = at - state.now;
    state.epoch = event.epoch;
    state.startedAt = at;
    for (const volunteer of Object.values(state.volunteers)) {
      volunteer.connected = false;
      volunteer.wantsWork = false;
      noteIdle(memory, volunteer);
      if (volunteer.lease !== null) watch(memory, volunteer.id, at + silenceMs);
    }
    for (const lease of Object.values(state.leases)) {
      lease.deadlineAt = Math.max(lease.deadlineAt + downMs, at + silenceMs);
      memory.timers.push(lease.deadlineAt, { what: 'lease', id: lease.id });
      touched.leases.add(lease.id);
    }
    for (const run of Object.values(state.runs)) {
      if (run.haltedAt === null) resume(scene, run, downMs);
      touched.runs.add(run.facts.id);
    }
  },

  RunCreated(scene, event) {
    const { state, touched, kinds } = scene;
    if (state.runs[event.run.id]) return;
    const facts = structuredClone(event.run);
    const works: Record<string, unknown> = {};
    for (const name of event.kinds) works[name] = kinds.get(name)?.init(facts);
    state.runs[facts.id] = {
      facts,
      kinds: event.kinds,
      state: 'training',
      reason: null,
      haltedAt: null,
      grantedAt: 0,
      ending: false,
      deleted: false,
      works,
      leases: {},
      folds: {},
    };
    touched.runs.add(facts.id);
  },

  RunStateChanged(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run || run.deleted) return;
    scene.touched.runs.add(event.run);
    run.state = event.state;
    run.reason = event.reason;
    if (event.state !== 'training') run.haltedAt ??= scene.at;
    else if (run.haltedAt !== null) {
      resume(scene, run, scene.at - run.haltedAt);
      run.haltedAt = null;
    }
  },

  RunDeleted(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run) return;
    run.deleted = true;
    run.state = 'finished';
    run.haltedAt ??= scene.at;
    scene.touched.runs.add(event.run);
    dropDeletedRun(scene, run);
  },

  RunEnding(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run || run.ending) return;
    run.ending = true;
    for (const kind of run.kinds) tell(scene, run, kind, { type: 'requested', by: 'ending' });
    scene.touched.runs.add(event.run);
  },

  WorkRequested(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run) return;
    tell(scene, run, event.kind, { type: 'requested', by: 'operator' });
    scene.touched.runs.add(event.run);
  },

  VolunteerJoined(scene, event) {
    const { state, memory, at, silenceMs } = scene;
    const volunteer = state.volunteers[event.volunteer] ?? newVolunteer(event, at);
    state.volunteers[event.volunteer] = volunteer;
    volunteer.name = event.name;
    volunteer.agent = event.agent;
    volunteer.connected = true;
    volunteer.wantsWork = false;
    volunteer.seenAt = at;
    noteIdle(memory, volunteer);
    watch(memory, volunteer.id, at + silenceMs);
  },

  VolunteerReady(scene, event) {
    const volunteer = touchVolunteer(scene, event.volunteer);
    if (!volunteer?.connected) return;
    volunteer.seenAt = scene.at;
    volunteer.wantsWork = true;
    if (volunteer.executor?.name !== event.executor.name) volunteer.isMeasured = false;
    if (!volunteer.isMeasured) volunteer.tokensPerSecond = event.executor.tokensPerSecond;
    volunteer.executor = event.executor;
    volunteer.memoryBytes = event.memoryBytes;
    noteIdle(scene.memory, volunteer);
  },

  VolunteerAway(scene, event) {
    const volunteer = touchVolunteer(scene, event.volunteer);
    if (!volunteer) return;
    volunteer.seenAt = scene.at;
    volunteer.wantsWork = false;
    noteIdle(scene.memory, volunteer);
  },

  VolunteerLost(scene, event) {
    const volunteer = touchVolunteer(scene, event.volunteer);
    if (!volunteer) return;
    volunteer.connected = false;
    volunteer.wantsWork = false;
    noteIdle(scene.memory, volunteer);
  },

  VolunteerBanned(scene, event) {
    const volunteer = touchVolunteer(scene, event.volunteer);
    if (!volunteer) return;
    volunteer.banned = true;
    volunteer.wantsWork = false;
    noteIdle(scene.memory, volunteer);
  },

  LeaseGranted(scene, event) {
    const { state, memory, touched, at } = scene;
    const { lease: id, run: runId, kind, task } = event;
    const run = state.runs[runId];
    const volunteer = touchVolunteer(scene, event.volunteer);
    if (!run || !volunteer) return;
    state.leaseCount++;
    const deadlineAt = at + task.durationMs;
    const lease = { id, run: runId, kind, volunteer: volunteer.id, task, grantedAt: at, deadlineAt };
    state.leases[id] = { ...lease, contribution: null };
    run.leases[id] = true;
    run.grantedAt = at;
    volunteer.lease = id;
    volunteer.wantsWork = false;
    if (task.path !== null) volunteer.paths[runId] = task.path;
    noteIdle(memory, volunteer);
    memory.timers.push(deadlineAt, { what: 'lease', id });
    touched.runs.add(runId);
    tell(scene, run, kind, { type: 'granted', lease: id, volunteer: volunteer.id, task });
  },

  LeaseEnded(scene, event) {
    const lease = scene.state.leases[event.lease];
    if (!lease || (lease.contribution && !scene.state.runs[lease.run]?.deleted)) return;
    const volunteer = scene.state.volunteers[lease.volunteer];
    if (event.code === 'expired' && volunteer) {
      const most = perSecond(lease.task.tokens, scene.at - lease.grantedAt) / 2;
      volunteer.tokensPerSecond = volunteer.isMeasured ? Math.min(volunteer.tokensPerSecond, most) : most;
      volunteer.isMeasured = true;
    }
    loseLease(scene, lease);
  },

  ContributionReceived(scene, event) {
    const { state, memory, touched, at } = scene;
    const lease = state.leases[event.lease];
    const run = lease && state.runs[lease.run];
    if (!lease || !run || lease.contribution) return;
    const { sha256, bytes, report } = event;
    lease.contribution = { sha256, bytes, report, figures: null };
    const volunteer = touchVolunteer(scene, lease.volunteer);
    if (volunteer) {
      volunteer.lease = null;
      volunteer.seenAt = at;
      const speed = perSecond(Math.min(report.tokens, lease.task.tokens), at - lease.grantedAt);
      const known = volunteer.isMeasured ? volunteer.tokensPerSecond : speed;
      volunteer.tokensPerSecond = SPEED_WEIGHT * speed + (1 - SPEED_WEIGHT) * known;
      volunteer.isMeasured = true;
      noteIdle(memory, volunteer);
    }
    touched.runs.add(lease.run);
    tell(scene, run, lease.kind, { type: 'received', lease: lease.id, key: lease.task.key });
  },

  ContributionChecked(scene, event) {
    const contribution = scene.state.leases[event.lease]?.contribution;
    if (!contribution || contribution.figures) return;
    contribution.figures = event.figures;
    scene.touched.leases.add(event.lease);
  },

  ContributionRejected(scene, event) {
    const lease = scene.state.leases[event.lease];
    if (!lease?.contribution) return;
    const volunteer = scene.state.volunteers[lease.volunteer];
    if (volunteer) volunteer.rejectedCount++;
    loseLease(scene, lease);
  },

  ContributionAccepted(scene, event) {
    const lease = scene.state.leases[event.lease];
    if (!lease?.contribution) return;
    const volunteer = scene.state.volunteers[lease.volunteer];
    if (volunteer) {
      volunteer.credit += event.credit;
      volunteer.acceptedCount++;
    }
    const run = scene.state.runs[lease.run];
    if (run) tell(scene, run, lease.kind, { type: 'accepted', contribution: contributionFacts(lease) });
    endLease(scene, lease);
  },

  FoldBegun(scene, event) {
    const run = scene.state.runs[event.run];
    if (!run) return;
    run.folds[foldId(event.kind, event.fold.key)] = { kind: event.kind, fold: event.fold };
    tell(scene, run, event.kind, { type: 'begun', fold: event.fold });
    scene.touched.runs.add(event.run);
  },

  FoldEnded(scene, event) {
    const run = scene.state.runs[event.run];
    const id = foldId(event.kind, event.fold);
    if (!run?.folds[id]) return;
    delete run.folds[id];
    for (const { name, version, blob, state } of event.output.modules) {
      const module = run.facts.modules[name];
      if (module && version === module.version + 1) Object.assign(module, { version, blob, state });
    }
    tell(scene, run, event.kind, { type: 'folded', fold: event.fold, result: event.output.result });
    scene.touched.runs.add(event.run);
  },
};

/** What a kind may know of the contribution of a lease that has one. */
export function contributionFacts(lease: LeaseRecord) {
  const { sha256, bytes, report, figures } = lease.contribution!;
  const { id, volunteer, task } = lease;
  return { lease: id, volunteer, key: task.key, sha256, bytes, report, figures: figures ?? {} };
}

/** Brings an event into the state. An event that no longer fits (a late upload, a second end) changes nothing. */
export function applyEvent(scene: Omit<Scene, 'at'>, event: CoordinatorEvent): void {
  const at = Math.max(event.at, scene.state.now);
  const handle = handlers[event.type] as (scene: Scene, event: CoordinatorEvent) => void;
  handle({ ...scene, at }, event);
  scene.state.now = at;
}
