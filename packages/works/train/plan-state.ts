import type { RunFacts } from '@pathfold/coordination/work-plan';

/** The version of each module of a path that a lease started from. */
export type Base = Record<string, number>;

/** A lease of this run that has not ended. */
export interface OpenLease {
  readonly path: string;
  readonly volunteer: string;
  readonly steps: number;
  readonly base: Base;
  grantedAt: number;
  deadlineAt: number;
  readonly expectedMs: number;
  /** It came in and is being checked. */
  received: boolean;
}

/** An accepted contribution that some module has not folded yet. */
export interface Contribution {
  readonly lease: string;
  readonly volunteer: string;
  readonly sha256: string;
  readonly steps: number;
  readonly tokens: number;
  readonly loss: number | null;
  readonly norm: number;
  readonly base: Base;
}

export interface PathState {
  leases: string[];
  contributions: Contribution[];
  /** Inner steps along this path: the longest contribution of each round. */
  steps: number;
  /** Rounds it took part in. */
  rounds: number;
  /** Leases granted so far: makes each seed different. */
  grants: number;
  /** Left out of the last round of one of its modules. */
  stale: boolean;
}

export interface ModuleState {
  /** The paths that cross it. */
  readonly paths: string[];
  /** When the first lease of its round was granted; null while it has neither a lease nor a contribution. */
  openedAt: number | null;
  /** Open leases that cross it. */
  live: number;
  /** Accepted contributions to its next version. */
  given: number;
  /** Leases whose contributions are being folded into the next version; null when no fold is under way. */
  folding: string[] | null;
}

/** State of training inside one run. */
export interface TrainState {
  readonly paths: Record<string, PathState>;
  readonly modules: Record<string, ModuleState>;
  readonly leases: Record<string, OpenLease>;
  /** Norms of the last accepted outer gradients. */
  norms: number[];
  /** Tokens of accepted contributions. */
  tokens: number;
}

export function initialTrainState(run: RunFacts): TrainState {
  const modules: Record<string, ModuleState> = {};
  for (const name of Object.keys(run.modules))
    modules[name] = { paths: [], openedAt: null, live: 0, given: 0, folding: null };
  const paths: Record<string, PathState> = {};
  for (const [id, path] of Object.entries(run.paths)) {
    paths[id] = { leases: [], contributions: [], steps: 0, rounds: 0, grants: 0, stale: false };
    for (const name of path.modules) modules[name]!.paths.push(id);
  }
  return { paths, modules, leases: {}, norms: [], tokens: 0 };
}

export const versionOf = (run: RunFacts, module: string): number => run.modules[module]!.version;

/** Whether a path has taken all its inner steps. */
export const isComplete = (run: RunFacts, path: PathState): boolean => path.steps >= run.spec.totalSteps;

/** Contributions of a path to the next version of a module. */
export const givenTo = (run: RunFacts, path: PathState, module: string): Contribution[] =>
  path.contributions.filter(({ base }) => base[module] === versionOf(run, module));

/** When the round of a module ends whatever is missing; null while its clock stands or after that time. */
export function runningDeadline(run: RunFacts, module: ModuleState, now: number): number | null {
  if (module.openedAt === null) return null;
  const deadline = module.openedAt + run.spec.roundDeadlineMs;
  return now < deadline ? deadline : null;
}

/** From then on the holder of a lease is taken to need all the time that the lease has: others may join for that long. */
export const overdueAt = (lease: OpenLease): number => Math.ceil(lease.grantedAt + 1.5 * lease.expectedMs) + 1;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
