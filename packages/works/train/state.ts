import { sinceRollback } from '@pathfold/coordination/run-round';
import type { Growth, RunFacts } from '@pathfold/coordination/work-plan';
import type { Mode } from '@pathfold/protocol/run-spec';

/** The version of each module of a path that a lease started from. */
export type Base = Record<string, number>;

/** A lease of this run that has not ended. */
export interface OpenLease {
  readonly path: string;
  readonly volunteer: string;
  readonly steps: number;
  /** Inner steps along its path before it. */
  readonly globalStep: number;
  readonly base: Base;
  /** Mode of the run, when it was granted. */
  mode: Mode;
  grantedAt: number;
  deadlineAt: number;
  readonly expectedMs: number;
  /** When it came in: it is being checked. */
  receivedAt: number | null;
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
  readonly globalStep: number;
  readonly base: Base;
  readonly grantedAt: number;
  readonly receivedAt: number;
  readonly expectedMs: number;
  /** Steps that it counts with at arrivals, where these are fewer than it says. */
  readonly believed?: number;
  /** Modules that step asynchronously and have not folded it yet. */
  owed: string[];
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
  /** When work on it was accepted last; before that, when any was, since its documents were routed or the run was taken back. */
  servedAt?: number;
  /** Loss of its first module's last fold: nats of the tokens that tell their loss. */
  lost?: Lost;
  /** Whose state of it (AdamW's moments) is freshest, the newest first: as many as it has replicas. */
  homes?: string[];
}

export interface Lost {
  readonly nats: number;
  readonly tokens: number;
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
  /** Names that fold; absent without one, and in states of older versions. */
  fold?: string;
  /** True where the contributions being folded arrived asynchronously. */
  merging: boolean;
  /** Contributions that it owes a fold, where it steps asynchronously. */
  owed: number;
  /** Until then those that arrive join the next asynchronous fold; null while there is none to join. */
  graceEndsAt: number | null;
  /** Whose contributions were folded asynchronously: the newest of each, while they count as at work. */
  workers: Record<string, Worker>;
  /** Whether it steps at arrivals in mode `hybrid`; absent: if several paths cross it. */
  loose?: boolean;
}

/** A volunteer's last contribution to a module. `until`: then its next one is due. */
export interface Worker {
  readonly path: string;
  readonly weight: number;
  readonly until: number;
}

/** How long a step takes a volunteer, measured from grant to arrival. */
export interface Pace {
  readonly stepMs: number;
  readonly at: number;
}

/** The norm of an accepted outer gradient, divided by the square root of its steps, and whose it was. */
export interface Norm {
  readonly volunteer: string;
  readonly norm: number;
}

/** State of training inside one run. */
export interface TrainState {
  readonly paths: Record<string, PathState>;
  readonly modules: Record<string, ModuleState>;
  readonly leases: Record<string, OpenLease>;
  /** Norms of the last accepted outer gradients. */
  norms: Norm[];
  /** By volunteer: those that have contributed lately. */
  paces: Record<string, Pace>;
  /** When those of others were last forgotten; absent before the first time. */
  pacesForgottenAt?: number;
  /** Tokens of accepted contributions. */
  tokens: number;
}

/** A module without leases, contributions or folds. */
export const AT_REST = {
  openedAt: null,
  live: 0,
  given: 0,
  folding: null,
  merging: false,
  owed: 0,
  graceEndsAt: null,
} as const;

function freshModule(run: RunFacts, name: string): ModuleState {
  const loose = looseIn(run, name);
  return { paths: [], ...AT_REST, workers: {}, ...(loose !== undefined && { loose }) };
}

/** Whether a module (`embedding`, `level0.1`, `head`) is among those that step at arrivals in mode `hybrid`. */
export const looseIn = ({ spec }: RunFacts, name: string): boolean | undefined =>
  spec.async.arrivals?.includes(name.split('.', 1)[0]!);

const freshPath = (): PathState => ({ leases: [], contributions: [], steps: 0, rounds: 0, grants: 0, stale: false });

export function initialTrainState(run: RunFacts): TrainState {
  const modules: Record<string, ModuleState> = {};
  for (const name of Object.keys(run.modules)) modules[name] = freshModule(run, name);
  const paths: Record<string, PathState> = {};
  for (const [id, path] of Object.entries(run.paths)) {
    paths[id] = freshPath();
    for (const name of path.modules) modules[name]!.paths.push(id);
  }
  return { paths, modules, leases: {}, norms: [], paces: {}, tokens: 0 };
}

/** New paths go on from the steps of those that they were copied from. */
export function growState(state: TrainState, run: RunFacts, { modules, grown }: Growth): void {
  for (const name of Object.keys(modules)) state.modules[name] = freshModule(run, name);
  for (const [id, { from }] of Object.entries(grown)) {
    const { steps, rounds } = state.paths[from]!;
    state.paths[id] = { ...freshPath(), steps, rounds };
    for (const name of run.paths[id]!.modules) state.modules[name]!.paths.push(id);
  }
}

/** Names the fold that makes a version of a module, also after a rollback. */
export const foldKey = (run: RunFacts, module: string, version: number): string =>
  `${module} v${version}${sinceRollback(run)}`;

/** The module whose fold has ended: its version is the new one. */
export const moduleOf = (state: TrainState, run: RunFacts, fold: string): string =>
  Object.keys(state.modules).find((name) => {
    const { folding, fold: own = foldKey(run, name, versionOf(run, name)) } = state.modules[name]!;
    return folding !== null && own === fold;
  })!;

export const versionOf = (run: RunFacts, module: string): number => run.modules[module]!.version;

/** Whether a module steps at arrivals, and not at the end of a round, in a run of this mode. */
export const isAsync = (mode: Mode, module: ModuleState): boolean =>
  mode === 'async' || (mode === 'hybrid' && (module.loose ?? module.paths.length > 1));

/** Whether a path is not trained any more: it has taken all its inner steps, or was stopped early. */
export const isComplete = (run: RunFacts, id: string, path: PathState): boolean =>
  path.steps >= run.spec.totalSteps || run.paths[id]!.bestVersion?.stopped === true;

/** Round deadlines without work on a path after which it is said to starve, where others are served. */
const STARVED_ROUNDS = 2;

/** When work on any path was accepted last; 0 before that. */
export const lastServedAt = ({ paths }: TrainState): number =>
  Object.values(paths).reduce((latest, { servedAt = 0 }) => Math.max(latest, servedAt), 0);

/** How many times as long as makes it starve nobody has served a path, where others were served until `last`. */
export const timesStarved = ({ spec }: RunFacts, { servedAt = Number.POSITIVE_INFINITY }: PathState, last: number) =>
  Math.max(0, Math.ceil((last - servedAt) / (STARVED_ROUNDS * spec.roundDeadlineMs)) - 1);

/** Paths that are to be trained, and that nobody serves as others are served: what people are told, whatever the mode. */
export function starvingPaths(state: TrainState, run: RunFacts): Set<string> {
  const last = lastServedAt(state);
  const starves = (path: PathState) => path.stale || timesStarved(run, path, last) > 0;
  const paths = Object.entries(state.paths);
  return new Set(paths.filter(([id, path]) => !isComplete(run, id, path) && starves(path)).map(([id]) => id));
}

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
