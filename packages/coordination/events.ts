import type { ErrorCode } from '@pathfold/protocol/errors';
import type { ExecutorInfo, Report } from '@pathfold/protocol/report';
import type { RunState } from '@pathfold/protocol/resources';
import type { Mode } from '@pathfold/protocol/run-spec';
import type { Fold, FoldOutput, Json, Line, RunFacts, Task } from './work-plan.ts';

/**
 * Everything that can happen to the coordinator's mind, in the past tense. Events are appended to the log,
 * then applied, then their effects are performed by the host. Those marked (decided) come out of `plan`.
 * `at`: milliseconds of the coordinator's clock, never going back.
 */
export type CoordinatorEvent = { readonly at: number } & (
  | { readonly type: 'CoordinatorStarted'; readonly epoch: number }
  | { readonly type: 'RunCreated'; readonly run: RunFacts; readonly kinds: readonly string[] }
  /** From the operator, or (decided) `finished` when its work is done, `paused` when a task of it seems hopeless. */
  | { readonly type: 'RunStateChanged'; readonly run: string; readonly state: RunState; readonly reason: string | null }
  /** From the operator: how its modules step from now on. */
  /** `arrivals`: what steps at arrivals in mode `hybrid` from now on; absent: as before, null: what several paths cross. */
  | {
      readonly type: 'RunModeChanged';
      readonly run: string;
      readonly mode: Mode;
      readonly arrivals?: readonly string[] | null;
    }
  | { readonly type: 'RunDeleted'; readonly run: string }
  /** (decided) Every kind of work is done, or (told) the operator stopped the run: each may add what belongs at the end. */
  | { readonly type: 'RunEnding'; readonly run: string }
  /** (decided) The run has come to a round that it can be taken back to. */
  | { readonly type: 'CheckpointTaken'; readonly run: string; readonly round: number }
  /** The operator wants the model of an earlier round back. */
  | { readonly type: 'RollbackRequested'; readonly run: string; readonly round: number }
  /** (decided) All its leases have ended, and it is as it was when it came to that round, at `since`. */
  | { readonly type: 'RunRolledBack'; readonly run: string; readonly round: number; readonly since: number }
  /** The operator asks for one kind of work now (an evaluation). */
  | { readonly type: 'WorkRequested'; readonly run: string; readonly kind: string; readonly ask?: Json }
  | {
      readonly type: 'VolunteerJoined';
      readonly volunteer: string;
      readonly name: string;
      readonly agent: 'browser' | 'node';
      /** Its network as a word that tells nothing else: equal for those who may be one person. Absent: not known. */
      readonly origin?: string;
      /** The operator vouches for its key: what it says needs nobody to confirm it. */
      readonly trusted?: true;
    }
  /** Asks for work. */
  | {
      readonly type: 'VolunteerReady';
      readonly volunteer: string;
      readonly executor: ExecutorInfo;
      readonly memoryBytes: number;
      /** The run that it would rather work for. */
      readonly prefers?: string | undefined;
      /** As it measured. */
      readonly line?: Line | undefined;
    }
  | { readonly type: 'VolunteerAway'; readonly volunteer: string }
  /** The socket is gone; or (decided) nothing was heard for longer than the silence limit. */
  | { readonly type: 'VolunteerLost'; readonly volunteer: string }
  | { readonly type: 'VolunteerBanned'; readonly volunteer: string }
  /** (decided) */
  | {
      readonly type: 'LeaseGranted';
      readonly lease: string;
      readonly run: string;
      readonly kind: string;
      readonly volunteer: string;
      readonly task: Task;
    }
  /** (decided) for `expired`, `round_over`, `run_paused`, `run_over`, `rolled_back`, `banned`, `silent`; from the volunteer otherwise. */
  | { readonly type: 'LeaseEnded'; readonly lease: string; readonly code: string; readonly detail: string }
  | {
      readonly type: 'ContributionReceived';
      readonly lease: string;
      readonly sha256: string;
      readonly bytes: number;
      readonly report: Report;
    }
  | { readonly type: 'ContributionChecked'; readonly lease: string; readonly figures: Record<string, number> }
  /** From the host's check, or (decided) when the kind does not admit it or the run is taken back. */
  | { readonly type: 'ContributionRejected'; readonly lease: string; readonly code: ErrorCode; readonly detail: string }
  /** (decided) The contribution counts: credit is given here, exactly once. */
  | {
      readonly type: 'ContributionAccepted';
      readonly lease: string;
      readonly credit: number;
      /** Multiplications and additions of it, by the formula of its kind. */
      readonly flops?: number;
    }
  /** (decided) Work was computed again and came out otherwise: all credit that the volunteer got in this run is taken back. */
  | {
      readonly type: 'CreditWithdrawn';
      readonly run: string;
      readonly kind: string;
      readonly volunteer: string;
      readonly credit: number;
      /** The lease whose contribution told, if one did: it is rejected. */
      readonly lease?: string;
    }
  /**
   * A lease too brief for the log, held beside the one that the volunteer computes on (answers/mind.ts), is over: credit
   * is given here, or the reason why there is none. Nothing of what it was about is told.
   */
  | {
      readonly type: 'BriefLeaseEnded';
      readonly lease: string;
      readonly run: string;
      readonly kind: string;
      readonly volunteer: string;
      readonly tokens: number;
      readonly credit: number;
      readonly code: ErrorCode | null;
      readonly detail: string;
    }
  /** (decided) */
  | { readonly type: 'FoldBegun'; readonly run: string; readonly kind: string; readonly fold: Fold }
  | {
      readonly type: 'FoldEnded';
      readonly run: string;
      readonly kind: string;
      readonly fold: string;
      readonly output: FoldOutput;
    }
  /** From the host: no fold can be made of these contributions, and their kind of work asks for others. */
  | {
      readonly type: 'FoldRefused';
      readonly run: string;
      readonly kind: string;
      readonly fold: string;
      readonly detail: string;
    }
);

export type CoordinatorEventOf<T extends CoordinatorEvent['type']> = Extract<CoordinatorEvent, { type: T }>;
