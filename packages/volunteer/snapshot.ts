import type { ComputeChoice, Outcome, VolunteerState, Wish } from '@pathfold/coordination/volunteer/state';
import { type Status, statusOf } from '@pathfold/coordination/volunteer/status';
import type { ExecutorInfo } from '@pathfold/protocol/report';
import * as z from 'zod/mini';

/** Bytes that went through this volunteer in this visit. */
export interface Traffic {
  fromPeersBytes: number;
  fromCoordinatorBytes: number;
  toPeersBytes: number;
  uploadedBytes: number;
  /** Peers linked now. */
  peers: number;
}

/** A task's own facts; null for kinds of work that tell none. */
const Described = z.object({
  path: z.catch(z.nullable(z.string()), null),
  round: z.catch(z.nullable(z.int()), null),
  steps: z.catch(z.nullable(z.int()), null),
  /** Why it has so many steps. */
  stepsReason: z.catch(z.nullable(z.object({ because: z.string(), whole: z.number(), timesSlower: z.number() })), null),
  /** How coarse its result is, and why so. */
  coarseness: z.catch(z.nullable(z.int()), null),
  wireReason: z.catch(z.nullable(z.object({ because: z.string(), part: z.nullable(z.number()) })), null),
});
const UNDESCRIBED = Described.parse({});

/** The work in hand. */
export interface WorkSnapshot extends Readonly<Omit<z.output<typeof Described>, 'steps'>> {
  readonly run: string;
  readonly kind: string;
  readonly plannedSteps: number | null;
  readonly steps: number;
  readonly loss: number | null;
  readonly tokensPerSecond: number;
}

/** Prompts of strangers that are answered here. */
export interface AnsweringSnapshot {
  /** The person agreed. */
  readonly on: boolean;
  /** The answer in hand. */
  readonly now: { readonly run: string; readonly path: string; readonly tokens: number } | null;
  /** Answers of this visit that were brought to their end. */
  readonly answers: number;
}

/** The state that a page or a terminal shows. */
export interface Snapshot {
  readonly status: Status;
  readonly wish: Wish;
  readonly choice: ComputeChoice;
  readonly throttle: number;
  /** Own id; null before the first welcome. */
  readonly volunteer: string | null;
  readonly connected: boolean;
  readonly executor: ExecutorInfo | null;
  readonly work: WorkSnapshot | null;
  readonly uploads: readonly { readonly lease: string; readonly bytes: number; readonly failures: number }[];
  /** Tokens of accepted work, as the coordinator counts them; not of this visit alone. */
  readonly credit: number;
  /** Outcomes of the contributions of this visit, latest first, at most 50. */
  readonly outcomes: readonly Outcome[];
  readonly traffic: Traffic;
  readonly sharing: boolean;
  /** To peers, bytes a second; null for any. */
  readonly uploadLimit: number | null;
  readonly answering: AnsweringSnapshot;
}

export function snapshotOf(
  state: VolunteerState,
  traffic: Traffic,
  { sharing, uploadLimit }: Pick<Snapshot, 'sharing' | 'uploadLimit'>,
  answering: AnsweringSnapshot,
): Snapshot {
  const { work, device } = state;
  const { steps: plannedSteps, ...described } = Described.safeParse(work?.lease.body).data ?? UNDESCRIBED;
  return {
    status: statusOf(state),
    wish: state.wish,
    choice: state.choice,
    throttle: state.throttle,
    volunteer: state.volunteer,
    connected: state.link.phase === 'open',
    executor: device.phase === 'ready' ? device.executor : null,
    work: work && {
      run: work.lease.run,
      kind: work.lease.kind,
      plannedSteps,
      ...described,
      steps: work.steps,
      loss: work.loss,
      tokensPerSecond: work.tokensPerSecond,
    },
    uploads: state.uploads.map(({ upload, failures }) => ({ lease: upload.lease, bytes: upload.bytes, failures })),
    credit: state.credit,
    outcomes: state.outcomes.map((outcome) => ({ ...outcome })),
    traffic: { ...traffic },
    sharing,
    uploadLimit,
    answering,
  };
}
