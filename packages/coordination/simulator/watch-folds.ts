import type { CoordinatorState } from '../coordinator/state.ts';
import type { CoordinatorEvent, CoordinatorEventOf } from '../events.ts';
import type { Fold, Growth, RunFacts } from '../work-plan.ts';
import { must } from './violation.ts';
import type { MayWork, SeenLease } from './watch-leases.ts';

interface SeenRun {
  versions: Record<string, number>;
  readonly folds: Map<string, Fold>;
  /** Outer steps taken, by module and version. */
  readonly steps: Set<string>;
  /** By round, the modules as they were when it was kept, as text. */
  readonly kept: Map<number, string>;
}

const versionsOf = ({ modules }: RunFacts): Record<string, number> =>
  Object.fromEntries(Object.entries(modules).map(([name, { version }]) => [name, version]));

/**
 * Books of its own about folds and module versions. Only accepted contributions are folded, each at most once into
 * each module; versions grow by one, and only by a fold; each takes one outer step. A rollback brings back exactly the
 * modules that were there, and nothing that was leased before it is folded after it. Where a run grows, all that was there
 * stays, and each new module begins as a copy.
 */
export class FoldWatch {
  readonly #leases: ReadonlyMap<string, SeenLease>;
  readonly #runs = new Map<string, SeenRun>();
  readonly #keys = new Set<string>();
  readonly #used = new Set<string>();
  /** Leases from before a rollback of their run. */
  readonly #undone = new Set<string>();
  readonly #mayWork: MayWork;
  /** Whether growth of a run was asked of a kind of work: of no contribution. */
  readonly #grows: MayWork;

  constructor(leases: ReadonlyMap<string, SeenLease>, mayWork: MayWork, grows: MayWork) {
    this.#leases = leases;
    this.#mayWork = mayWork;
    this.#grows = grows;
  }

  see(event: CoordinatorEvent, state: CoordinatorState): void {
    if (event.type === 'RunCreated') this.#seeRun(event);
    else if (event.type === 'RunDeleted') this.#runs.delete(event.run);
    else if (event.type === 'FoldBegun') this.#seeBegun(event, state);
    else if (event.type === 'FoldEnded') this.#seeEnded(event, state);
    else if (event.type === 'CheckpointTaken') this.#seeKept(event, state);
    else if (event.type === 'RunRolledBack') this.#seeRolledBack(event, state);
  }

  look(state: CoordinatorState): void {
    for (const [id, { versions }] of this.#runs) {
      const modules = state.runs[id]!.facts.modules;
      for (const [name, version] of Object.entries(versions))
        must(modules[name]!.version === version, () => `${name} has version ${modules[name]!.version}, not ${version}`);
    }
  }

  #seeRun({ run }: CoordinatorEventOf<'RunCreated'>): void {
    this.#runs.set(run.id, { versions: versionsOf(run), folds: new Map(), steps: new Set(), kept: new Map() });
  }

  #seeKept({ run, round }: CoordinatorEventOf<'CheckpointTaken'>, state: CoordinatorState): void {
    const { facts, checkpoints } = state.runs[run]!;
    this.#runs.get(run)!.kept.set(round, JSON.stringify(facts.modules));
    must(checkpoints!.length <= 5 + Math.log2(round + 1), () => `${checkpoints!.length} rounds of ${run} are kept`);
  }

  #seeRolledBack({ run, round }: CoordinatorEventOf<'RunRolledBack'>, state: CoordinatorState): void {
    const seen = this.#runs.get(run)!;
    const { facts, leases, folds, state: now } = state.runs[run]!;
    must(now === 'paused', () => `${run} is ${now} after a rollback`);
    must(Object.keys({ ...leases, ...folds }).length === 0, () => `work of ${run} goes on over its rollback`);
    const due = seen.kept.get(round);
    must(JSON.stringify(facts.modules) === due, () => `${run} does not have the modules of round ${round}`);
    seen.versions = versionsOf(facts);
    seen.folds.clear();
    seen.steps.clear();
    for (const [id, lease] of this.#leases) if (lease.run === run) this.#undone.add(id);
  }

  #seeBegun({ run, kind, fold }: CoordinatorEventOf<'FoldBegun'>, state: CoordinatorState): void {
    const id = `${run}/${kind}/${fold.key}`;
    must(!this.#keys.has(id), () => `the fold ${id} begins a second time`);
    must(this.#mayWork(state.runs[run], kind), () => `the fold ${id} begins though ${run} does not train`);
    const isEmpty = fold.contributions.length === 0;
    must(!isEmpty || this.#grows(state.runs[run], kind), () => `the fold ${id} has no contribution`);
    must(new Set(fold.contributions).size === fold.contributions.length, () => `${id} folds a contribution twice`);
    for (const lease of fold.contributions) {
      const seen = this.#leases.get(lease);
      const fits = seen?.status === 'accepted' && seen.run === run && seen.kind === kind;
      must(fits, () => `the fold ${id} takes ${lease}, which is ${seen?.status}`);
      must(!this.#undone.has(lease), () => `the fold ${id} takes ${lease}, from before a rollback`);
    }
    this.#keys.add(id);
    const { folds } = this.#runs.get(run)!;
    for (const [other, { contributions, input }] of folds)
      must(
        !other.startsWith(`${kind}/`) ||
          JSON.stringify([contributions, input]) !== JSON.stringify([fold.contributions, fold.input]),
        () => `the fold ${id} makes the step of ${other} a second time`,
      );
    folds.set(`${kind}/${fold.key}`, fold);
  }

  #seeEnded(event: CoordinatorEventOf<'FoldEnded'>, state: CoordinatorState): void {
    const seen = this.#runs.get(event.run);
    const id = `${event.kind}/${event.fold}`;
    const fold = seen?.folds.get(id);
    if (!seen) return;
    if (fold) {
      seen.folds.delete(id);
      for (const { name, version } of event.output.modules) {
        const step = `${name}/${version}`;
        must(!seen.steps.has(step), () => `${name} steps to version ${version} a second time`);
        seen.steps.add(step);
        seen.versions[name]!++;
        for (const lease of fold.contributions) {
          const use = `${event.run}/${name}/${lease}`;
          must(!this.#used.has(use), () => `${lease} is folded into ${name} a second time`);
          this.#used.add(use);
        }
      }
      const { routing } = event.output;
      if (routing?.growth) this.#seeGrown(seen, routing.growth, state.runs[event.run]!.facts);
    }
    this.look(state);
  }

  #seeGrown({ versions }: SeenRun, growth: Growth, { id, modules, paths }: RunFacts): void {
    must(Object.keys(paths).join() === growth.paths.join(), () => `${id} has grown to ${Object.keys(paths)}`);
    for (const [name, from] of Object.entries(growth.modules)) {
      must(versions[name] === undefined, () => `${name} of ${id} is new, and was there before`);
      must(
        JSON.stringify(modules[name]) === JSON.stringify(modules[from]),
        () => `${name} of ${id} does not begin as a copy of ${from}`,
      );
      versions[name] = versions[from]!;
    }
    const left = Object.keys(modules).filter((name) => versions[name] === undefined);
    must(left.length === 0, () => `${left} of ${id} are copies of nothing`);
    for (const [path, grown] of Object.entries(growth.grown))
      must(
        paths[path]!.modules.join() === grown.modules.join() && grown.modules.every((name) => modules[name]),
        () => `path ${path} of ${id} lacks modules`,
      );
  }
}
