import type { CoordinatorState, RunRecord } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent, CoordinatorEventOf } from '@pathfold/coordination/events';
import { isStopped } from '@pathfold/coordination/run-round';
import type { KindWatch, SimulatedKind } from '@pathfold/coordination/simulator/kind';
import { isModelRun } from '@pathfold/coordination/study-run';
import type { Fold, Json } from '@pathfold/coordination/work-plan';
import type { BestVersion } from '@pathfold/protocol/resources';
import { mixed } from '../queue/audits.ts';
import { agreedOf, type CompareInput, type CompareResult } from '../queue/compared.ts';
import { answeredBy, isComparison } from '../queue/comparisons.ts';
import { type EvaluateState, evaluatePlan } from './plan.ts';
import type { EvaluateFoldInput, EvaluateTask, KeepInput } from './task.ts';

/** Bits a byte of an invented score: of no other. */
const INVENTED = 0;
/** Rounds of a simulation: before them the first path goes on becoming better. */
const ROUNDS = 22;

/**
 * An answer counts as confirmed exactly when two agree, whoever they contradict is exposed, and nothing invented is in an
 * evaluation that says it is confirmed, or stops a path or keeps one going. What was stopped stays so, and is not scored to
 * see whether it goes on, until its documents are shared or routed anew.
 */
class EvaluateWatch implements KindWatch {
  /** Folds under way, of all kinds. */
  readonly #begun = new Map<string, Fold>();
  /** By run, the paths that were stopped early and whose documents were not shared or routed anew since. */
  readonly #stopped = new Map<string, Set<string>>();

  see(event: CoordinatorEvent, state: CoordinatorState): string | null {
    if (event.type === 'LeaseGranted' && event.kind === 'evaluate') return this.#seeGranted(event, state);
    if (event.type === 'RunRolledBack') this.#seeRolledBack(event, state);
    if (event.type === 'FoldBegun') this.#begun.set(`${event.run}/${event.kind} ${event.fold.key}`, event.fold);
    if (event.type !== 'FoldEnded' || !state.runs[event.run]) return null;
    const id = `${event.run}/${event.kind} ${event.fold}`;
    const fold = this.#begun.get(id);
    if (!fold) return null;
    this.#begun.delete(id);
    this.#noteStopped(event, state);
    return event.kind === 'evaluate' ? this.#seeScored(event, fold, state) : null;
  }

  look({ facts }: RunRecord): string | null {
    const stopped = Object.keys(facts.paths).filter((path) => isStopped(facts, path));
    const due = this.#stopped.get(facts.id) ?? new Set();
    if (stopped.length === due.size && stopped.every((path) => due.has(path))) return null;
    return `of ${facts.id} paths ${stopped} are stopped where ${[...due]} should be`;
  }

  #seeScored(event: CoordinatorEventOf<'FoldEnded'>, fold: Fold, state: CoordinatorState): string | null {
    const { latest, campaign, liars } = state.runs[event.run]!.works['evaluate'] as EvaluateState;
    const { invented = [] } = (event.output.result ?? {}) as { invented?: string[] };
    const believed = Object.entries(event.output.kept ?? {}).find(([, { bitsPerByte }]) => bitsPerByte === INVENTED);
    if (believed) return `an invented score of path ${believed[0]} of ${event.run} is its best`;
    if (invented.length > 0 && latest?.confirmed) return `invented scores of ${invented} count as confirmed`;
    const part = isComparison(fold) ? answeredBy(campaign?.parts, fold.contributions) : undefined;
    if (!part) return null;
    const { agreed } = event.output.result as unknown as CompareResult;
    if (part.confirmed !== (agreed?.[0] ?? null)) return `${part.confirmed} counts as confirmed by ${agreed}`;
    const odd = agreed ? part.answers.filter(({ lease }) => !agreed.includes(lease)) : [];
    return odd.every(({ volunteer }) => liars.known[volunteer]) ? null : `who contradicts ${agreed} goes on scoring`;
  }

  #seeRolledBack({ run }: CoordinatorEventOf<'RunRolledBack'>, { runs }: CoordinatorState): void {
    for (const begun of this.#begun.keys()) if (begun.startsWith(`${run}/`)) this.#begun.delete(begun);
    const { facts } = runs[run]!;
    this.#stopped.set(run, new Set(Object.keys(facts.paths).filter((path) => isStopped(facts, path))));
  }

  #noteStopped({ run, output: { kept, routing } }: CoordinatorEventOf<'FoldEnded'>, { runs }: CoordinatorState): void {
    const stopped = this.#stopped.get(run) ?? new Set<string>();
    this.#stopped.set(run, stopped);
    const version = runs[run]!.facts.routing?.version ?? 0;
    for (const [path, best] of Object.entries(kept ?? {}))
      if (best.routing === version && best.stopped) stopped.add(path);
    if (!routing) return;
    if (!routing.growth) stopped.clear();
    for (const { from } of Object.values(routing.growth?.grown ?? {})) stopped.delete(from);
  }

  #seeGranted({ lease, run, task }: CoordinatorEventOf<'LeaseGranted'>, { runs }: CoordinatorState): string | null {
    const { facts } = runs[run]!;
    const { path, documents } = task.body as unknown as EvaluateTask;
    const decides = isModelRun(facts) && documents.sha256 === facts.documents.router.sha256;
    return decides && isStopped(facts, path) ? `${lease} scores path ${path} of ${run}, which was stopped` : null;
  }
}

/** Which version of each path is its best, by made-up scores: every second one is no better than what was there. */
function keptIn(
  { patience, routing, kept, contributions }: KeepInput,
  key: string,
  isInvented: (at: number) => boolean,
) {
  const versions = contributions.flatMap(({ path, modules, confirmed }, at): [string, BestVersion][] => {
    if (!confirmed) return [];
    const best = kept[path];
    const round = Math.min(...modules.map(({ version }) => version));
    const isBound = /^0(-0)*$/.test(path) && round < ROUNDS;
    if (best && !isBound && mixed(round, `${key} ${path}`) % 2 === 0) {
      const scoringsSince = best.scoringsSince + 1;
      return [[path, { ...best, scoringsSince, stopped: scoringsSince >= patience }]];
    }
    const bitsPerByte = isInvented(at) ? INVENTED : 2;
    return [[path, { round, bitsPerByte, modules, routing, scoringsSince: 0, stopped: false }]];
  });
  return Object.fromEntries(versions);
}

/** Evaluation as the simulator takes it: inventions agree with nothing. */
export const simulatedEvaluate: SimulatedKind = {
  plan: evaluatePlan,
  watch: () => new EvaluateWatch(),
  fold({ key, input, contributions }, lied) {
    const known = input as unknown as EvaluateFoldInput | KeepInput | CompareInput;
    if ('compare' in known)
      return {
        modules: [],
        figures: null,
        result: agreedOf(known.compare, (a, b) => !lied(a.lease) && !lied(b.lease)),
      };
    if ('kept' in known) {
      const kept = keptIn(known, key, (at) => lied(contributions[at]!));
      return { modules: [], figures: null, result: null, kept };
    }
    const losses = { validLoss: 2, validBitsPerByte: 2, paths: {}, whole: null };
    const invented = contributions.filter(lied);
    return { modules: [], figures: null, result: { round: known.round, ...losses, invented } as Json };
  },
};
