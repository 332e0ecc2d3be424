import { TimeHeap } from '../time-heap.ts';
import type { CoordinatorState, LeaseRecord, VolunteerRecord } from './state.ts';
import { nothingTouched, type Touched } from './touched.ts';

/** Something to look at again at a time. `id` names a lease, a volunteer or a run. */
export interface Timer {
  readonly what: 'lease' | 'volunteer' | 'run';
  readonly id: string;
}

/**
 * Things that the mind keeps beside its state: indexes that the state implies, and what is deliberately forgotten in a
 * restart (when a volunteer was last heard). Never logged, never in a snapshot.
 */
export interface Memory {
  /** Whoever pops one checks whether it still matters. */
  readonly timers: TimeHeap<Timer>;
  /** Volunteers that wait for work, the longest waiting first; in `idleLast` those that stand back for missed leases. */
  readonly idle: Map<string, VolunteerRecord>;
  readonly idleLast: Map<string, VolunteerRecord>;
  /** The state's `leaseCount`, and at which of it each that missed one need not stand back any longer. */
  leaseCount: number;
  readonly standBack: TimeHeap<string>;
  /** How many of both each network has. */
  readonly idleOrigins: Map<string | null, number>;
  /** Volunteers that lend now, at work or waiting. */
  readonly lending: Set<string>;
  readonly heardAt: Map<string, number>;
  /** Volunteers with a silence timer: one each. */
  readonly watched: Set<string>;
  /** Touched, and not decided about yet. */
  readonly pending: Touched;
  /** Searches for runs that may have work: whom of the idle to ask next, and whether to begin again after that. */
  readonly searches: Map<string, { idle: Iterator<VolunteerRecord>; again: boolean }>;
  /** Leases of each run that have not ended. */
  readonly leaseCounts: Map<string, number>;
  /** The same of each network, under `leasesOf`; and under which of these each lease counts. */
  readonly originLeases: Map<string, number>;
  readonly leaseOrigins: Map<string, string>;
  /** Volunteers that are remembered and not here, hold no lease and are not banned: those that went first come first. */
  readonly absent: Set<string>;
  /** How many `forgotten` there are. */
  forgotten: number;
  /** Leases granted since the mind last came to rest. */
  granted: number;
  /** When each run's kinds want to be asked again. */
  readonly wakeAt: Map<string, number>;
}

/** The memory that a state implies. Everything is to be looked at once. */
export function rebuildMemory(state: CoordinatorState): Memory {
  const memory: Memory = {
    timers: new TimeHeap(),
    idle: new Map(),
    idleLast: new Map(),
    leaseCount: state.leaseCount,
    standBack: new TimeHeap(),
    idleOrigins: new Map(),
    lending: new Set(),
    heardAt: new Map(),
    watched: new Set(),
    pending: nothingTouched(),
    searches: new Map(),
    leaseCounts: new Map(),
    originLeases: new Map(),
    leaseOrigins: new Map(),
    absent: new Set(),
    forgotten: Object.keys(state.forgotten ?? {}).length,
    granted: 0,
    wakeAt: new Map(),
  };
  for (const lease of Object.values(state.leases)) {
    memory.timers.push(lease.deadlineAt, { what: 'lease', id: lease.id });
    memory.pending.leases.add(lease.id);
    countLease(memory, lease, state.volunteers[lease.volunteer]?.origin ?? null);
  }
  for (const volunteer of Object.values(state.volunteers)) {
    noteMissed(memory, volunteer);
    noteIdle(memory, volunteer);
    watch(memory, volunteer.id, state.now);
    if (isAbsent(volunteer)) memory.absent.add(volunteer.id);
  }
  for (const run of Object.keys(state.runs)) memory.pending.runs.add(run);
  return memory;
}

/** Whether a lease could go to this volunteer now. */
export const isIdle = (volunteer: VolunteerRecord): boolean =>
  volunteer.wantsWork && volunteer.connected && !volunteer.banned && volunteer.lease === null;

/** Whether others come first because of leases that it missed; whom the operator vouches for is never asked. */
const mustStandBack = ({ leaseCount }: Memory, { trusted, standsBackUntil }: VolunteerRecord): boolean =>
  !trusted && standsBackUntil !== undefined && leaseCount < standsBackUntil;

/** Whether it could be forgotten without harm to anything under way. */
export const isAbsent = ({ connected, banned, lease }: VolunteerRecord): boolean =>
  !connected && !banned && lease === null;

/** Keeps the lists of those who wait and who lend in step with the volunteer. */
export function noteIdle(memory: Memory, volunteer: VolunteerRecord): void {
  const { idle, idleLast, idleOrigins } = memory;
  const was = idle.has(volunteer.id) || idleLast.has(volunteer.id);
  const queue = isIdle(volunteer) ? (mustStandBack(memory, volunteer) ? idleLast : idle) : null;
  for (const other of [idle, idleLast]) if (other !== queue) other.delete(volunteer.id);
  queue?.set(volunteer.id, volunteer);
  if ((queue !== null) !== was) addTo(idleOrigins, volunteer.origin, queue ? 1 : -1);
  if (!volunteer.banned && (volunteer.lends || volunteer.lease !== null)) memory.lending.add(volunteer.id);
  else memory.lending.delete(volunteer.id);
}

/** To be called when a volunteer has missed a lease. */
export function noteMissed(memory: Memory, volunteer: VolunteerRecord): void {
  if (volunteer.standsBackUntil !== undefined) memory.standBack.push(volunteer.standsBackUntil, volunteer.id);
}

/** A lease was granted: who has stood back long enough waits like any other. */
export function countGrant(memory: Memory, leaseCount: number): void {
  memory.leaseCount = leaseCount;
  for (let due = memory.standBack.pop(leaseCount); due; due = memory.standBack.pop(leaseCount)) {
    const volunteer = memory.idleLast.get(due.item);
    if (!volunteer) continue;
    noteIdle(memory, volunteer);
    for (const search of memory.searches.values()) search.again = true;
  }
}

/** Sees to it that somebody looks at `at` or before whether the volunteer has fallen silent. */
export function watch(memory: Memory, volunteer: string, at: number): void {
  if (memory.watched.has(volunteer)) return;
  memory.watched.add(volunteer);
  memory.timers.push(at, { what: 'volunteer', id: volunteer });
}

function addTo<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

export const leasesOf = (run: string, origin: string | null): string => `${run} ${origin}`;

/** `origin`: of its volunteer. */
export function countLease(memory: Memory, { id, run }: Pick<LeaseRecord, 'id' | 'run'>, origin: string | null): void {
  addTo(memory.leaseCounts, run, 1);
  addTo(memory.originLeases, leasesOf(run, origin), 1);
  memory.leaseOrigins.set(id, leasesOf(run, origin));
}

export function discountLease(memory: Memory, { id, run }: LeaseRecord): void {
  addTo(memory.leaseCounts, run, -1);
  addTo(memory.originLeases, memory.leaseOrigins.get(id)!, -1);
  memory.leaseOrigins.delete(id);
}
