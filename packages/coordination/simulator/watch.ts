import type { CoordinatorState } from '../coordinator/state.ts';
import type { CoordinatorEvent } from '../events.ts';
import type { KindWatch, SimulatedKind } from './kind.ts';
import { must } from './violation.ts';
import { FoldWatch } from './watch-folds.ts';
import { LeaseWatch, type MayWork, type Needs } from './watch-leases.ts';

/**
 * Follows the log and compares: after every event what the event is about, now and then everything. It outlives
 * restarts: what it has seen accepted stays accepted. Both methods throw Violation.
 */
export class Watch {
  readonly #leases: LeaseWatch;
  readonly #folds: FoldWatch;
  readonly #kinds: readonly { readonly name: string; readonly watch: KindWatch }[];
  #now = 0;

  constructor(kinds: readonly SimulatedKind[]) {
    const plans = new Map(kinds.map(({ plan }) => [plan.name, plan]));
    const mayWork: MayWork = (run, kind) =>
      run?.state === 'training' ||
      (run?.deleted === false && (plans.get(kind)?.orders?.asked?.(run.works[kind]) ?? false));
    const needs: Needs = (run, kind) => (run ? (plans.get(kind)?.traits?.memoryBytes?.(run.facts) ?? 0) : 0);
    this.#leases = new LeaseWatch(mayWork, needs);
    const grows: MayWork = (run, kind) => plans.get(kind)?.orders?.growing?.(run?.works[kind]) ?? false;
    this.#folds = new FoldWatch(this.#leases.leases, mayWork, grows);
    this.#kinds = kinds.map((kind) => ({ name: kind.plan.name, watch: kind.watch() }));
  }

  /** Right after an event was applied. `decided`: by the mind itself. */
  see(event: CoordinatorEvent, state: CoordinatorState, decided: boolean): void {
    must(event.at >= this.#now && state.now === event.at, () => `time goes back at ${event.type}`);
    this.#now = event.at;
    this.#leases.see(event, state, decided);
    this.#folds.see(event, state);
    for (const { watch } of this.#kinds) report(watch.see(event, state));
  }

  /** `now`: a time up to which the mind has decided all there was. `steadyMs`, `able`: see KindWatch. */
  look(state: CoordinatorState, now: number, steadyMs: number, able: number): void {
    this.#leases.look(state, now);
    this.#folds.look(state);
    for (const run of Object.values(state.runs)) {
      if (run.state !== 'training') continue;
      for (const { name, watch } of this.#kinds)
        if (run.kinds.includes(name)) report(watch.look(run, now, steadyMs, state, able));
    }
  }
}

function report(broken: string | null): void {
  must(broken === null, () => broken ?? '');
}
