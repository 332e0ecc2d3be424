import type { ExecutorInfo, Report } from '@pathfold/protocol/report';
import type { BestVersion, RunState } from '@pathfold/protocol/resources';
import type { Fold, Json, Line, ModuleFacts, RunFacts, Task } from '../work-plan.ts';

/**
 * All that the coordinator's mind knows: plain data, the same after replaying the log, and unchanged by a trip
 * through JSON. Times are milliseconds of the coordinator's clock.
 */
export interface CoordinatorState {
  /** `STATE_SHAPE` of the program that made it; absent before there were several. */
  readonly shape?: number;
  /** Time of the newest event; never goes back. */
  now: number;
  epoch: number;
  /** Nothing counts as silent from before this. */
  startedAt: number;
  /** Leases granted so far: their ids count up. */
  leaseCount: number;
  runs: Record<string, RunRecord>;
  volunteers: Record<string, VolunteerRecord>;
  /** Accounts of volunteers that it has forgotten, the first first; absent before the first. */
  forgotten?: Record<string, Account>;
  /** Leases that have not ended. */
  leases: Record<string, LeaseRecord>;
}

export interface RunRecord {
  readonly facts: RunFacts;
  readonly kinds: readonly string[];
  state: RunState;
  reason: string | null;
  /** When the run stopped training; null while it trains. */
  haltedAt: number | null;
  /** When its last lease was granted. */
  grantedAt: number;
  ending: boolean;
  deleted: boolean;
  /** State of each kind of work, by its name. */
  readonly works: Record<string, unknown>;
  /** Its leases that have not ended. */
  readonly leases: Record<string, true>;
  /** Folds under way, by kind and key. */
  readonly folds: Record<string, { readonly kind: string; readonly fold: Fold }>;
  /** By kind and key, oldest first; absent before the first. */
  failures?: Record<string, Failures>;
  /** Rounds that it can be taken back to, oldest first; absent before the first, and when documents were routed anew. */
  checkpoints?: Checkpoint[];
  /** The round that the operator wants back; absent when it is there. */
  goesBackTo?: number;
}

/** A run as it was when its round was first reached: all that a rollback brings back. Its blobs are kept. */
export interface Checkpoint {
  readonly round: number;
  readonly at: number;
  /** By name: some may be ahead of the round. */
  readonly modules: Readonly<Record<string, ModuleFacts>>;
  /** By path that had one, its best version. */
  readonly bestVersions: Readonly<Record<string, BestVersion>>;
  /** By kind of work, what it wants of its state. */
  readonly works: Readonly<Record<string, Json>>;
}

/** Contributions to one task that failed their check, since the last that passed or the run was resumed. */
export interface Failures {
  attempts: number;
  /** Their volunteers, each once: by network, or by id where that is not known. */
  readonly volunteers: string[];
  /** Code of the last one. */
  code: string;
}

export interface VolunteerRecord {
  readonly id: string;
  name: string;
  agent: 'browser' | 'node';
  /** See `VolunteerJoined`; null when not known. */
  origin: string | null;
  /** See `VolunteerJoined`. */
  trusted?: true;
  connected: boolean;
  /** Has asked for work and has not gone away since. */
  lends: boolean;
  /** Asked for work and has not got any since. */
  wantsWork: boolean;
  banned: boolean;
  /** The executor; only the name remains of a volunteer that is gone. */
  executor: ExecutorInfo | null;
  memoryBytes: number;
  /** The run that it would rather work for; null for none. */
  prefers: string | null;
  /** Moving average over its contributions, from grant to arrival; what its device claims before the first. */
  tokensPerSecond: number;
  isMeasured: boolean;
  /** As it tells; absent before it does. */
  line?: Line;
  /** How many times as long as its line promises its travel takes: moving average over its contributions; absent before the first. */
  detour?: number;
  /** The lease that it computes on. A contribution that is being checked is no longer held. */
  lease: string | null;
  /** The path it worked on last, by run. */
  readonly paths: Record<string, string>;
  /** Leases that it has ever got. */
  grantCount: number;
  /** Tokens of accepted work, less what was taken back. */
  credit: number;
  /** The same by run. */
  readonly credits: Record<string, number>;
  acceptedCount: number;
  rejectedCount: number;
  /** Leases since its last accepted work that it let expire, fell silent on or gave back; absent for none. */
  missed?: number;
  /** After the last of them it comes behind those who wait until `leaseCount` is this. */
  standsBackUntil?: number;
  /** Time of its last event; heartbeats are not events. */
  seenAt: number;
}

/** The credit of a forgotten volunteer, for when it comes back. */
export type Account = Pick<VolunteerRecord, 'credit' | 'credits' | 'acceptedCount' | 'rejectedCount'>;

export interface LeaseRecord {
  readonly id: string;
  readonly run: string;
  readonly kind: string;
  readonly volunteer: string;
  readonly task: Task;
  readonly grantedAt: number;
  deadlineAt: number;
  /** The contribution, and its check's measurements; null while the volunteer holds the lease. */
  contribution: {
    readonly sha256: string;
    readonly bytes: number;
    readonly report: Report;
    figures: Record<string, number> | null;
  } | null;
}

/**
 * One more whenever what a kind of work, or the mind, keeps in the state changes its form: a state of another shape is not
 * read, all events are applied again instead.
 */
export const STATE_SHAPE = 4;

/** The state before the first event. */
export const initialState = (): CoordinatorState => ({
  shape: STATE_SHAPE,
  now: 0,
  epoch: 0,
  startedAt: 0,
  leaseCount: 0,
  runs: {},
  volunteers: {},
  leases: {},
});

/** A state as JSON text: with the events after it, all that a restart needs. */
export const snapshot = (state: CoordinatorState): string => JSON.stringify(state);

/** The state that `snapshot` wrote. */
export const restore = (text: string): CoordinatorState => JSON.parse(text) as CoordinatorState;

/** Name of a fold inside its run. */
export const foldId = (kind: string, key: string): string => `${kind}/${key}`;
