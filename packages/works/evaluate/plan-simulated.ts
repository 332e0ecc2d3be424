import type { CoordinatorState } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import type { KindWatch, SimulatedKind } from '@pathfold/coordination/simulator/kind';
import type { Json } from '@pathfold/coordination/work-plan';
import { agreedOf, type CompareInput, type CompareResult } from '../compared.ts';
import { comparedPart, isComparison } from '../parts.ts';
import { type EvaluateState, evaluatePlan } from './plan.ts';
import type { EvaluateFoldInput } from './task.ts';

/**
 * An answer counts as confirmed exactly when two agree, whoever they contradict is exposed, and nothing invented is in an
 * evaluation that says it is confirmed.
 */
class EvaluateWatch implements KindWatch {
  /** Folds under way. */
  readonly #begun = new Set<string>();

  see(event: CoordinatorEvent, state: CoordinatorState): string | null {
    if (event.type === 'RunRolledBack')
      for (const begun of this.#begun) if (begun.startsWith(`${event.run}/`)) this.#begun.delete(begun);
    if (event.type === 'FoldBegun' && event.kind === 'evaluate') this.#begun.add(`${event.run}/${event.fold.key}`);
    if (event.type !== 'FoldEnded' || event.kind !== 'evaluate' || !state.runs[event.run]) return null;
    if (!this.#begun.delete(`${event.run}/${event.fold}`)) return null;
    const { latest, campaign, liars } = state.runs[event.run]!.works['evaluate'] as EvaluateState;
    const { invented = [] } = (event.output.result ?? {}) as { invented?: string[] };
    if (invented.length > 0 && latest?.confirmed) return `invented scores of ${invented} count as confirmed`;
    const part = isComparison(event.fold) ? comparedPart(campaign?.parts, event.fold) : undefined;
    if (!part) return null;
    const { agreed } = event.output.result as unknown as CompareResult;
    if (part.confirmed !== (agreed?.[0] ?? null)) return `${part.confirmed} counts as confirmed by ${agreed}`;
    const odd = agreed ? part.answers.filter(({ lease }) => !agreed.includes(lease)) : [];
    return odd.every(({ volunteer }) => liars.known[volunteer]) ? null : `who contradicts ${agreed} goes on scoring`;
  }

  look = () => null;
}

/** Evaluation as the simulator takes it: inventions agree with nothing. */
export const simulatedEvaluate: SimulatedKind = {
  plan: evaluatePlan,
  watch: () => new EvaluateWatch(),
  fold({ input, contributions }, lied) {
    const known = input as unknown as EvaluateFoldInput | CompareInput;
    if ('compare' in known)
      return {
        modules: [],
        figures: null,
        result: agreedOf(known.compare, (a, b) => !lied(a.lease) && !lied(b.lease)),
      };
    const losses = { validLoss: 2, validBitsPerByte: 2, paths: {}, whole: null };
    const invented = contributions.filter(lied);
    return { modules: [], figures: null, result: { round: known.round, ...losses, invented } as Json };
  },
};
