import type { BlobRef, Lattice, ModuleRef } from '@pathfold/protocol/blob';
import type { ErrorCode } from '@pathfold/protocol/errors';
import type { Report } from '@pathfold/protocol/report';
import type { BestVersion, Split } from '@pathfold/protocol/resources';
import type { LevelSpec, RunSpec } from '@pathfold/protocol/run-spec';
import type { Chart } from '@pathfold/protocol/study-spec';

/** Plain data: what can be logged, replayed and sent. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A version on a lattice (compression/lattice.ts): where the next one goes on, and the ways to it. */
export interface LatticeFacts extends Lattice {
  readonly step: number;
  readonly movement: number;
}

/**
 * A module as the run holds it now. `state` is the blob of its outer optimizer's state (momenta); on a lattice the float32
 * master comes first in it.
 */
export interface ModuleFacts {
  readonly parameterCount: number;
  version: number;
  blob: BlobRef;
  state: BlobRef | null;
  /** When its newest version came, in milliseconds since 1970; absent before its first outer step. */
  steppedAt?: number;
  /** Absent where its newest version is on none. */
  lattice?: LatticeFacts;
}

/** One path: its modules in order (embedding, one a level, head), and the shard it trains on; null until documents are routed. */
export interface PathFacts {
  readonly modules: readonly string[];
  shard: BlobRef | null;
  shardTokens: number;
  /** Inner steps along it, as training tells; absent before its first fold. */
  steps?: number;
  /** Its best version, where paths are stopped early; absent before its first scoring by this routing. */
  bestVersion?: BestVersion;
  /** The versions that answered for it when its documents, or those of its origin, were shared with a new path: until it has more steps than these. */
  before?: { readonly steps: number; readonly modules: readonly ModuleRef[] };
}

/** How documents find their path now. Versions count from 1, one more for each re-sharding. */
export interface RoutingFacts {
  readonly version: number;
  /** The version whose router was fitted, where experts were added since: what grew from it shares documents. Absent where this one was. */
  readonly fitted?: number;
  /** The router, for whoever routes (routing/assign). */
  readonly router: BlobRef;
  /** The path of each document of every split, by the router (works/route/task.ts). */
  readonly assignment: BlobRef;
  /** Contents of the shards, for people: sizes, domains, sample documents. */
  readonly shards: BlobRef;
  /** Two unrelated volunteers said the same of all that the router was fitted on, or a trusted one said it. */
  readonly confirmed?: boolean;
  /** Documents of each split by path, in the order of the run's paths. */
  readonly counts: { readonly [split in Split]: readonly number[] };
  /** Those of them that are longer than the prefix, which is not scored; absent in routings of older versions. */
  readonly scored?: { readonly router: readonly number[]; readonly test: readonly number[] };
}

/** More experts: what a run has afterwards. New modules and paths start as copies of others, with their momenta and steps. */
export interface Growth {
  readonly levels: LevelSpec[];
  /** Ids of all paths, in order. */
  readonly paths: readonly string[];
  /** By new module, the one that it copies. */
  readonly modules: Readonly<Record<string, string>>;
  /** By new path, its modules, and the path whose shard it shares from now on. */
  readonly grown: Readonly<Record<string, { readonly from: string; readonly modules: readonly string[] }>>;
}

/** A run whose work is a study: the words for its kinds of work. */
export interface StudyFacts {
  readonly name: string;
  /** Read by the kind that does the study. */
  readonly config: Json;
  /** Decides which contributions are computed again; drawn when the run is made and shown to nobody. */
  readonly auditSeed: number;
}

/** The mind's facts about any run. */
interface AnyRun {
  readonly id: string;
  readonly spec: RunSpec;
  /** Modules that folds make new versions of; none in a study. */
  readonly modules: Record<string, ModuleFacts>;
  readonly paths: Record<string, PathFacts>;
  /** Null while documents are not routed, with one path, and in a study. */
  routing: RoutingFacts | null;
  /** How often it was taken back to an earlier round; absent before the first time. */
  rollbacks?: number;
  /** How often that was when its training last came to its end; absent before. */
  endedAfter?: number;
}

/** A run that trains a language model. */
export interface ModelRun extends AnyRun {
  readonly study?: never;
  /** Token streams by split; the domain of each document of each. */
  readonly documents: { readonly [split in Split]: BlobRef } & { readonly domains: BlobRef };
  /** How many documents each split has; absent in runs of older versions. */
  readonly documentCounts?: { readonly [split in Split]: number };
  readonly tokenizer: BlobRef;
  /** The frozen dense path that every expert started as, in order (embedding, one level, head); its features route documents. */
  readonly base: readonly ModuleRef[] | null;
}

/** A run whose work is a study: it has no texts; what it needs it draws from seeds. */
export interface StudyRun extends AnyRun {
  readonly study: StudyFacts;
}

/** The facts that every kind of work may read about its run. */
export type RunFacts = ModelRun | StudyRun;

/** The rates of a volunteer’s line. */
export interface Line {
  readonly upBytesPerSecond: number;
  readonly downBytesPerSecond: number;
}

export interface VolunteerFacts {
  readonly id: string;
  /** Absent when it has not told. */
  readonly line?: Line | undefined;
  /** Measured, moving average; 0 when unknown. */
  readonly tokensPerSecond: number;
  /** 0 when unknown. */
  readonly memoryBytes: number;
  /** The path of this run that it worked on last (its state is at hand); null when none. */
  readonly path: string | null;
}

/** The facts that a kind of work may read about other volunteers, who are named by their ids. */
export interface Company {
  /** Whether two may be one person: of one network or one name, or of a network that is not known. Nobody trusted is. */
  related(a: string, b: string): boolean;
  /** Whether somebody lends who is related to none of these, with memory enough for this kind of work. */
  hasOther(volunteers: readonly string[]): boolean;
}

/** Work that can be leased. Two leases with one key are replicas of one task. */
export interface Task {
  /** Stable name inside its kind and run, for example `path 0 round 7`. */
  readonly key: string;
  /** The task as the volunteer gets it (works/KIND/task.ts). */
  readonly body: Json;
  /** Units of work at most: inner steps, or scored tokens. */
  readonly steps: number;
  /** Tokens at most: the bound of the credit. */
  readonly tokens: number;
  /** Multiplications and additions of all of it, by a formula of shapes: comparable between machines. */
  readonly flops?: number;
  readonly durationMs: number;
  /** How long this volunteer should need; at most `durationMs`. */
  readonly expectedMs: number;
  /** The highest of several kinds' offers is taken; training is 0. */
  readonly priority: number;
  readonly maxPayloadBytes: number;
  /** The path whose state (AdamW's moments, shard) makes a volunteer quick at this; null when none does. */
  readonly path: string | null;
}

export interface ContributionFacts {
  readonly lease: string;
  readonly volunteer: string;
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly report: Report;
  /** Measurements of the kind's check, for example `{ norm: 0.3 }`. */
  readonly figures: Record<string, number>;
}

/** Events of a lease or a fold of this kind, or of its run. */
export type Outcome =
  | { readonly type: 'granted'; readonly lease: string; readonly volunteer: string; readonly task: Task }
  /** The contribution is with the coordinator, not yet checked: `accepted` or `ended` follows whatever the volunteer does. */
  | { readonly type: 'received'; readonly lease: string; readonly key: string }
  | { readonly type: 'ended'; readonly lease: string; readonly key: string }
  /** `trusted`: the operator vouches for who handed it in. */
  | { readonly type: 'accepted'; readonly contribution: ContributionFacts; readonly trusted?: true }
  /** A fold that `plan` returned is under way. */
  | { readonly type: 'begun'; readonly fold: Fold }
  /** A fold has ended; the run's modules are already the new ones. */
  | { readonly type: 'folded'; readonly fold: string; readonly result: Json }
  /** A fold cannot be made of the contributions that went into it: `orders.asksAgain` said that they are asked for again. */
  | { readonly type: 'refused'; readonly fold: string; readonly detail: string }
  /** A volunteer that `plan` called `refuted` has lost its credit in this run. */
  | { readonly type: 'withdrawn'; readonly volunteer: string }
  /** Documents were routed anew, by whatever kind of work: paths have other shards. */
  | { readonly type: 'routed'; readonly growth: Growth | null }
  /** The run goes on after it (or the coordinator) stood still for `pausedMs`: running clocks move by it. */
  | { readonly type: 'resumed'; readonly pausedMs: number }
  /** The run's spec says now how its modules step. */
  | { readonly type: 'mode' }
  /**
   * The run is as it was when its round was first reached: modules and best versions are in place, every lease has ended,
   * folds under way are forgotten. What was accepted since counts no more. `remembered`: what `remember` answered then.
   */
  | { readonly type: 'rolledBack'; readonly remembered: Json }
  /** The operator asks for this kind of work now; or the run is about to finish, or was stopped and then changed. */
  | { readonly type: 'requested'; readonly by: 'operator' | 'ending'; readonly ask?: Json };

/** A fold for the coordinator's host to compute with the kind's `fold` (works/KIND/fold.ts). */
export interface Fold {
  /** Unique inside its kind and run, also after a rollback; for example `level0.0 v8`. */
  readonly key: string;
  readonly input: Json;
  /** The contributions that go into it: they count as `folded` when it ends. */
  readonly contributions: readonly string[];
  /** For people: how old the start of each was, and its part of an outer step. */
  readonly counted?: readonly Counted[];
}

export interface Counted {
  readonly lease: string;
  /** Module versions since the one that it started from. */
  readonly staleness: number;
  /** Time since its lease was granted. */
  readonly ageMs: number;
  /** Over 0 up to 1. */
  readonly share: number;
  /** The modules that step; absent in logs of older versions. */
  readonly of?: string;
}

/** Figures of a fold for the charts; undefined fields stay as they are at that round. */
export interface Figures {
  round: number;
  trainLoss?: number;
  validLoss?: number;
  validBitsPerByte?: number;
  tokens?: number;
}

/** The result of a fold. New module versions become the run's. */
export interface FoldOutput {
  readonly modules: readonly {
    readonly name: string;
    readonly version: number;
    readonly blob: BlobRef;
    readonly state: BlobRef | null;
    readonly lattice?: LatticeFacts;
  }[];
  readonly figures: Figures | null;
  readonly result: Json;
  /** Documents are routed anew: the run's paths get these shards. */
  readonly routing?: RoutingFacts & {
    readonly paths: Readonly<Record<string, { readonly shard: BlobRef; readonly shardTokens: number }>>;
    readonly growth: Growth | null;
  };
  /** By path, its best version so far: counts while the routing is still the one that it names. */
  readonly kept?: Readonly<Record<string, BestVersion>>;
}

/** A kind's facts for the pages. `stale`: nobody serves the path as others are served. */
export interface Summary {
  round?: number;
  steps?: number;
  tokens?: number;
  paths?: Record<string, { round: number; steps: number; stale: boolean }>;
  /** Figures of the last evaluation. */
  evaluation?: Json;
  /** Notices for people while the run goes on. */
  notice?: string;
}

/** The decisions that a kind of work asks for in a run. */
export interface Plan {
  readonly folds: readonly Fold[];
  /** Leases whose round is over. */
  readonly revoke: readonly string[];
  readonly wakeAt: number | null;
  readonly done: boolean;
  /** Volunteers whose work was found out to be invented: they lose their credit in this run. */
  readonly refuted?: readonly string[];
  /** By refuted volunteer, the lease whose contribution told: it counts as rejected. */
  readonly evidence?: Readonly<Record<string, string>>;
}

/**
 * The pure half of a kind of work. `S` is its state inside one run: plain data, logged never, replayed always. `R`: the runs
 * that it takes part in. `settle` may mutate `state`; all else is pure. Six members are needed, the others are optional.
 *
 * The smallest kind is a study: `works/example/squares.ts` writes a script of stages, and `stagedPlan` answers all of this.
 * The largest is `works/train/plan.ts`; `works/route/plan.ts` is the one with the most orders.
 */
export interface WorkPlan<S = Json, R extends RunFacts = RunFacts> {
  readonly name: string;
  init(run: R): S;
  /** The task that this volunteer should get now, or null. */
  offer(state: S, run: R, volunteer: VolunteerFacts, now: number, company: Company): Task | null;
  settle(state: S, run: R, outcome: Outcome, now: number): void;
  /**
   * Folds to begin, leases whose round is over, and when to look again even if nothing happens. `done`: there is
   * nothing left to do; when all kinds of a run say so, `requested` by `ending` follows once, then the run finishes.
   */
  plan(state: S, run: R, now: number, company: Company): Plan;
  /** Whether a checked contribution is taken, from what was measured; null means yes. */
  admit(state: S, run: R, contribution: ContributionFacts): ErrorCode | null;
  /**
   * Whom `offer` may find a task for now, by measured speed (0: unknown); null when nobody. A cheap test that spares
   * asking for each of thousands that are idle. Left out: everybody.
   */
  open?(state: S, run: R, now: number): ((tokensPerSecond: number) => boolean) | null;
  readonly traits?: Traits<R>;
  readonly orders?: Orders<S, R>;
  readonly pages?: Pages<S, R>;
}

/** The properties of a kind of work, whatever happens in a run. */
interface Traits<R> {
  /** The studies that it does. A kind without them takes part in every run of a language model. */
  readonly studies?: readonly string[];
  /** A study's configuration with its defaults filled in. Throws a ZodError that names what does not fit. */
  configure?(config: Json): Json;
  /** Bytes of memory that any of its tasks in this run takes; whoever has less gets none. Left out: next to nothing. */
  memoryBytes?(run: R): number;
}

/** Requests of an operator, or after a refused fold, to a kind of work outside its own course. */
interface Orders<S, R> {
  /** Requests that an operator may make: scores of the newest round, or more experts. */
  readonly asks?: readonly ('scores' | 'growth')[];
  /** Whether somebody asked for this work, so that it goes on even while the run is paused or finished. Left out: it rests then. */
  asked?(state: S): boolean;
  /** Whether growth that was asked for is not there yet: nothing more of it can be asked for until then. */
  growing?(state: S): boolean;
  /** Whether a fold that refuses what went into it is given up, and that asked for again (`refused`). The run pauses where not. */
  asksAgain?(state: S, run: R, fold: string): boolean;
  /** The part of its state that a rollback to this round brings back. Left out: nothing. */
  remember?(state: S): Json;
}

/** The views of a kind of work. */
interface Pages<S, R> {
  /** Progress along the run: merged over the kinds. */
  summary(state: S, run: R): Summary;
  /** Pictures for the gallery. */
  charts?(state: S, run: R): Chart[];
}

/** Whom a kind of work may find a task for now; null when nobody. */
export const openTo = <S, R extends RunFacts>(plan: WorkPlan<S, R>, state: S, run: R, now: number) =>
  plan.open ? plan.open(state, run, now) : () => true;

/** Blobs as a fold sees them. */
export interface FoldBlobs {
  /** The bytes, or [start, end) of them; throws when the blob is gone. */
  get(sha256: string, range?: { start: number; end: number }): Promise<Uint8Array>;
  put(bytes: Uint8Array): Promise<BlobRef>;
}

/**
 * The coordinator's half that touches numbers. Runs in a worker thread, plain Float32Arrays, no TensorFlow.js.
 * `check` reads an upload before it is accepted: it answers figures, or throws a PathfoldError. `trusted`: it came from
 * somebody that the operator vouches for.
 */
export interface WorkFold {
  readonly name: string;
  check(body: Json, payload: Uint8Array, report: Report, trusted?: boolean): Record<string, number>;
  fold(input: Json, blobs: FoldBlobs): Promise<FoldOutput>;
}
