import type { CoordinatorState, RunRecord } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent, CoordinatorEventOf } from '@pathfold/coordination/events';
import { isStopped } from '@pathfold/coordination/run-round';
import type { KindWatch, SimulatedKind } from '@pathfold/coordination/simulator/kind';
import { blobOf } from '@pathfold/coordination/simulator/run-facts';
import type { RunFacts } from '@pathfold/coordination/work-plan';
import { AsyncWatch } from './arrivals/watch.ts';
import { trainPlan } from './plan.ts';
import { type Base, isAsync, isComplete, type TrainState } from './state.ts';
import type { TrainFoldInput, TrainTask } from './task.ts';

interface SeenLease {
  readonly run: string;
  readonly path: string;
  readonly base: Base;
  readonly mostSteps: number;
  status: 'held' | 'received' | 'accepted';
  steps: number;
}

/** No module may stand still, and no path starve, for longer by the clock of its run, which those set who are able to serve it. */
const PATIENCE_ROUNDS = 5;
const PATIENCE_MS = 600_000;
/** A path is left out of no more rounds in a row, per path of the run. */
const MOST_LEFT_OUT = 60;

/**
 * The invariants of training: no step before the quorum; every accepted contribution and every live replica of a
 * path counts unless the round is overdue; in the order (path, lease), weighted by shard and steps; no module and no
 * path starves, new ones neither; and nobody trains a path that was stopped early.
 */
class TrainWatch implements KindWatch {
  readonly #leases = new Map<string, SeenLease>();
  /** By run, module and version: when the first lease of that round was granted. */
  readonly #openedAt = new Map<string, number>();
  /** By run: its clock at the last look. */
  readonly #clocks = new Map<string, { readonly at: number; readonly ms: number }>();
  /** By run and module: when it stepped last, by the run's clock. */
  readonly #steppedAt = new Map<string, number>();
  /** By run and path: when work on it was accepted last, by the run's clock. */
  readonly #servedAt = new Map<string, number>();
  /** By run and path: rounds of its first module since it was last part of one. */
  readonly #leftOut = new Map<string, number>();
  readonly #arrivals = new AsyncWatch();

  see(event: CoordinatorEvent, state: CoordinatorState): string | null {
    return this.#seeRounds(event, state) ?? this.#arrivals.see(event, state);
  }

  #seeRounds(event: CoordinatorEvent, state: CoordinatorState): string | null {
    switch (event.type) {
      case 'LeaseGranted':
        return event.kind === 'train' ? this.#seeGranted(event, state) : null;
      case 'ContributionReceived': {
        const lease = this.#leases.get(event.lease);
        if (lease?.status !== 'held') return null;
        lease.status = 'received';
        lease.steps = event.report.steps;
        return null;
      }
      case 'ContributionAccepted': {
        const lease = this.#leases.get(event.lease);
        if (!lease) return null;
        lease.status = 'accepted';
        this.#servedAt.set(`${lease.run}/${lease.path}`, this.#time(lease.run));
        const fits = lease.steps >= 1 && lease.steps <= lease.mostSteps;
        return fits ? null : `${event.lease} is accepted with ${lease.steps} of ${lease.mostSteps} steps`;
      }
      case 'LeaseEnded':
      case 'ContributionRejected': {
        const lease = this.#leases.get(event.lease);
        if (lease && !state.leases[event.lease] && lease.status !== 'accepted') this.#leases.delete(event.lease);
        return null;
      }
      case 'RunRolledBack':
        this.#seeRolledBack(event.run);
        return null;
      case 'FoldBegun':
        return event.kind === 'train' ? this.#judge(event, state.runs[event.run]!) : null;
      case 'FoldEnded':
        return event.kind === 'train' && state.runs[event.run] ? this.#seeStepped(event, state) : null;
      default:
        return null;
    }
  }

  look(run: RunRecord, now: number, steadyMs: number, state: CoordinatorState, able: number): string | null {
    const broken = this.#arrivals.look(run, now, steadyMs, state);
    if (broken) return broken;
    const time = this.#passTime(run.facts, now, able, state);
    const { id, spec } = run.facts;
    const train = run.works['train'] as TrainState;
    const patienceMs = PATIENCE_ROUNDS * spec.roundDeadlineMs + PATIENCE_MS;
    /** Whether something that has work to do has got none for too long. */
    const waits = (last: Map<string, number>, key: string, hasWork: boolean): boolean => {
      if (!hasWork || !last.has(key)) last.set(key, time);
      return time - last.get(key)! > patienceMs;
    };
    const going = new Set(Object.keys(train.paths).filter((path) => !isComplete(run.facts, path, train.paths[path]!)));
    for (const path of Object.keys(train.paths))
      if (waits(this.#servedAt, `${id}/${path}`, going.has(path)))
        return `path ${path} of ${id} starves, though ${able} could serve it`;
    for (const [name, { paths }] of Object.entries(train.modules)) {
      const hasWork = paths.some((path) => going.has(path));
      if (waits(this.#steppedAt, `${id}/${name}`, hasWork))
        return `${name} of ${id} stands still, though ${able} are able`;
    }
    return null;
  }

  /** By the clock of a run. */
  #time(run: string): number {
    return this.#clocks.get(run)?.ms ?? 0;
  }

  /**
   * The clock of a run stands while nobody is able to serve it, and goes as many times slower as those who are need turns
   * to serve each path of all runs once.
   */
  #passTime({ id, paths }: RunFacts, now: number, able: number, { runs }: CoordinatorState): number {
    const { at, ms } = this.#clocks.get(id) ?? { at: now, ms: 0 };
    const training = Object.values(runs).filter((run) => run.state === 'training').length;
    const turns = Math.ceil((training * Object.keys(paths).length) / able);
    const time = ms + (now - at) / turns;
    this.#clocks.set(id, { at: now, ms: time });
    return time;
  }

  /** Its rounds are played again. */
  #seeRolledBack(run: string): void {
    for (const [id, lease] of this.#leases) if (lease.run === run) this.#leases.delete(id);
    for (const round of this.#openedAt.keys()) if (round.startsWith(`${run}/`)) this.#openedAt.delete(round);
  }

  #seeGranted({ lease, run, task, at }: CoordinatorEventOf<'LeaseGranted'>, { runs }: CoordinatorState): string | null {
    const { path, modules, steps } = task.body as unknown as TrainTask;
    const base = Object.fromEntries(modules.map(({ name, version }) => [name, version]));
    for (const { name, version } of modules) {
      const round = `${run}/${name}/${version}`;
      if (!this.#openedAt.has(round)) this.#openedAt.set(round, at);
    }
    this.#leases.set(lease, { run, path, base, mostSteps: steps, status: 'held', steps: 0 });
    return isStopped(runs[run]!.facts, path) ? `${lease} trains path ${path} of ${run}, which was stopped` : null;
  }

  #judge({ run, fold, at }: CoordinatorEventOf<'FoldBegun'>, { facts, works }: RunRecord): string | null {
    const { module, contributions } = fold.input as unknown as TrainFoldInput;
    if (this.#stepsAtArrivals(module.name, facts, works)) return null;
    const { quorum, roundDeadlineMs } = facts.spec;
    const now = [...this.#leases].filter(
      ([, { run: its, base }]) => its === run && base[module.name] === module.version,
    );
    const overdue = at - this.#openedAt.get(`${run}/${module.name}/${module.version}`)! >= roundDeadlineMs;
    const expected: string[] = [];
    for (const id of Object.keys(facts.paths)
      .filter((path) => facts.paths[path]!.modules.includes(module.name))
      .sort()) {
      const own = now.filter(([, { path }]) => path === id);
      const accepted = own
        .filter(([, { status }]) => status === 'accepted')
        .map(([lease]) => lease)
        .sort();
      const complete = isComplete(facts, id, (works['train'] as TrainState).paths[id]!);
      if (own.some(([, { status }]) => status === 'received'))
        return `${fold.key} leaves out work that is being checked`;
      if (accepted.length < own.length && !overdue) return `${fold.key} does not wait for a live replica of path ${id}`;
      if (accepted.length < quorum && !overdue && !complete) return `${fold.key} steps before the quorum of path ${id}`;
      if (accepted.length >= quorum || complete) expected.push(...accepted);
    }
    for (const taken of [contributions.map(({ lease }) => lease), fold.contributions])
      if (taken.join() !== expected.join()) return `${fold.key} takes ${taken} where ${expected} are due`;
    return contributions.every(({ lease, weight }) => weight === this.#weightOf(lease, facts))
      ? null
      : `${fold.key} weighs its contributions wrongly`;
  }

  /** Also of a run that kept to arrivals before, whose last are folded now. */
  #stepsAtArrivals(module: string, { spec }: RunFacts, works: RunRecord['works']): boolean {
    const seen = (works['train'] as TrainState).modules[module]!;
    return isAsync(spec.mode, seen) || seen.merging;
  }

  #weightOf(lease: string, facts: RunFacts): number {
    const { path, steps } = this.#leases.get(lease)!;
    return facts.paths[path]!.shardTokens * steps;
  }

  #seeStepped({ run, output }: CoordinatorEventOf<'FoldEnded'>, state: CoordinatorState): string | null {
    const { facts } = state.runs[run]!;
    const paths = Object.entries(facts.paths);
    for (const { name, version } of output.modules) {
      this.#steppedAt.set(`${run}/${name}`, this.#time(run));
      for (const [id, { modules }] of paths) {
        if (modules[0] !== name) continue;
        const took = [...this.#leases.values()].some(
          (lease) =>
            lease.run === run && lease.path === id && lease.status === 'accepted' && lease.base[name] === version - 1,
        );
        const isRound = facts.spec.mode === 'sync';
        const leftOut = took || !isRound ? 0 : (this.#leftOut.get(`${run}/${id}`) ?? 0) + 1;
        this.#leftOut.set(`${run}/${id}`, leftOut);
        if (leftOut > MOST_LEFT_OUT * paths.length) return `path ${id} of ${run} is left out of ${leftOut} rounds`;
      }
    }
    this.#forget(run, state);
    return null;
  }

  /** Leases that have ended and that no module can fold any more in its round. */
  #forget(run: string, { runs, leases }: CoordinatorState): void {
    const { modules } = runs[run]!.facts;
    for (const [id, lease] of this.#leases)
      if (
        lease.run === run &&
        !leases[id] &&
        Object.entries(lease.base).every(([name, version]) => version < modules[name]!.version)
      )
        this.#leases.delete(id);
  }
}

/** Training as the simulator takes it. */
export const simulatedTrain: SimulatedKind = {
  plan: trainPlan,
  watch: () => new TrainWatch(),
  fold({ key, input }) {
    const { name, version } = (input as unknown as TrainFoldInput).module;
    const module = { name, version: version + 1, blob: blobOf(key), state: blobOf(`${key} state`) };
    return { modules: [module], figures: null, result: null };
  },
};
