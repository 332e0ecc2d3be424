import { fnv1a } from '@pathfold/protocol/fnv';
import type { CoordinatorEvent } from '../events.ts';
import type { Fact, VirtualHost } from './host.ts';
import type { SimulatedKind } from './kind.ts';
import { Random } from './random.ts';

export type Lie = 'norm' | 'nan' | 'steps' | 'no-steps' | 'tokens';

export interface ChecksDeps {
  readonly seed: number;
  /** Chance that no contribution of a task passes until its run was resumed. */
  readonly hopeless: number;
  readonly random: Random;
  readonly kinds: readonly SimulatedKind[];
}

/** Findings of the coordinator's checks for contributions that hold no numbers. */
export class VirtualChecks {
  readonly #deps: ChecksDeps;
  /** By lease, as the volunteers tell them. */
  readonly lies = new Map<string, Lie>();
  /** By run, tasks that never pass, until they are mended. */
  readonly #hopeless = new Map<string, Set<string>>();
  readonly #mended = new Set<string>();

  constructor(deps: ChecksDeps) {
    this.#deps = deps;
  }

  /** Whether the contribution of a lease was invented, and would pass. */
  lied(lease: string): boolean {
    return this.lies.get(lease) === 'norm';
  }

  /** The tasks of a run that the operator resumed pass from then on. */
  see(event: CoordinatorEvent): void {
    if (event.type !== 'RunStateChanged' || event.state !== 'training') return;
    for (const key of this.#hopeless.get(event.run) ?? []) this.#mended.add(key);
  }

  check(lease: string, { state }: VirtualHost): Fact {
    const refused: Fact = { type: 'ContributionRejected', lease, code: 'not_finite', detail: '' };
    if (this.lies.get(lease) === 'nan') return refused;
    const { run = '', kind, task } = state.leases[lease] ?? {};
    if (task && this.#isHopeless(run, task.key)) return refused;
    const lied = this.lied(lease);
    const norm = lied ? 1e6 : this.#deps.random.around(1, 3);
    const figures = task && this.#deps.kinds.find(({ plan }) => plan.name === kind)?.figures?.(task, lied);
    return { type: 'ContributionChecked', lease, figures: figures ?? { norm } };
  }

  #isHopeless(run: string, key: string): boolean {
    const { seed, hopeless } = this.#deps;
    const id = `${run} ${key}`;
    if (this.#mended.has(id) || !new Random(seed ^ fnv1a(id)).chance(hopeless)) return false;
    this.#hopeless.set(run, (this.#hopeless.get(run) ?? new Set()).add(id));
    return true;
  }
}
