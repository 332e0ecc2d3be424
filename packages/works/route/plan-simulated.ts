import { companyOf } from '@pathfold/coordination/coordinator/desk';
import { bytesNeeded } from '@pathfold/coordination/coordinator/room';
import type { CoordinatorState, RunRecord } from '@pathfold/coordination/coordinator/state';
import type { CoordinatorEvent, CoordinatorEventOf } from '@pathfold/coordination/events';
import type { KindWatch, SimulatedKind } from '@pathfold/coordination/simulator/kind';
import type { Random } from '@pathfold/coordination/simulator/random';
import { blobOf, runFacts } from '@pathfold/coordination/simulator/run-facts';
import type { Fold, FoldOutput, Json, RunFacts, WorkPlan } from '@pathfold/coordination/work-plan';
import { SPLITS } from '@pathfold/protocol/resources';
import { levelsOf, pathCountOf } from '@pathfold/protocol/run-spec';
import { mixed } from '../queue/audits.ts';
import { agreedOf, type CompareResult } from '../queue/compared.ts';
import { answeredBy, isComparison } from '../queue/comparisons.ts';
import { patienceMs } from '../scoring.ts';
import type { TrainTask } from '../train/task.ts';
import { type RouteState, routePlan } from './plan.ts';
import type { Growth, RouteCompareInput, RouteFoldInput, RouteTask } from './task.ts';

interface SeenLease {
  readonly run: string;
  readonly volunteer: string;
  /** The key of its task, which names its part of the work. */
  readonly part: string;
  readonly body: RouteTask;
  accepted: boolean;
}

/** One re-sharding of so many teaches nothing: documents stay where they are. */
const KEPT_EVERY = 4;
/** Within so long a run grows once nothing else is routed. */
const GROWS_MS = 60_000;
/** No run grows to more: a simulation is to end. */
const MOST_PATHS = 16;

/**
 * No router is fitted on an answer that nobody has confirmed while somebody unrelated could, and has not been waited for;
 * it is fitted on all documents, or on the losses of all paths, each once; it says that it is confirmed only if all of it
 * is, and then nothing in it was invented. Routings follow each other one by one. Paths train on the shards of the newest.
 * A run grows of what was asked for alone, and soon.
 */
class RouteWatch implements KindWatch {
  readonly #leases = new Map<string, SeenLease>();
  /** Leases of answers that two agree on, or of somebody trusted. */
  readonly #confirmed = new Set<string>();
  /** By run and part: since when another answer is waited for, at the latest. */
  readonly #waitsSince = new Map<string, number>();
  /** By run: since when growth that was asked for waits for nothing else. */
  readonly #mayGrowSince = new Map<string, number>();
  /** Folds under way, by run and key. */
  readonly #begun = new Map<string, Fold>();

  see(event: CoordinatorEvent, state: CoordinatorState): string | null {
    switch (event.type) {
      case 'LeaseGranted':
        return this.#seeGranted(event, state);
      case 'ContributionAccepted': {
        const lease = this.#leases.get(event.lease);
        if (!lease) return null;
        lease.accepted = true;
        if (state.volunteers[lease.volunteer]?.trusted) this.#confirmed.add(event.lease);
        const part = `${lease.run}/${lease.part}`;
        if (!this.#waitsSince.has(part)) this.#waitsSince.set(part, event.at);
        return null;
      }
      case 'LeaseEnded':
      case 'ContributionRejected':
        if (!state.leases[event.lease] && !this.#leases.get(event.lease)?.accepted) this.#leases.delete(event.lease);
        return null;
      case 'RunRolledBack':
        this.#forget(event.run);
        return null;
      case 'FoldBegun':
        if (event.kind !== 'route') return null;
        this.#begun.set(`${event.run}/${event.fold.key}`, event.fold);
        return isComparison(event.fold) ? this.#judgeComparison(event, state) : this.#judge(event, state);
      case 'FoldEnded': {
        const id = `${event.run}/${event.fold}`;
        const fold = event.kind === 'route' ? this.#begun.get(id) : undefined;
        this.#begun.delete(id);
        if (!fold || !state.runs[event.run]) return null;
        return isComparison(fold) ? this.#seeCompared(event, fold, state) : this.#seeRouted(event, state);
      }
      default:
        return null;
    }
  }

  look({ facts: { id }, works }: RunRecord, now: number, steadyMs: number): string | null {
    const { parts, growth } = works['route'] as RouteState;
    // A re-sharding under way comes before growth.
    if (!growth || parts) {
      this.#mayGrowSince.delete(id);
      return null;
    }
    const since = this.#mayGrowSince.get(id) ?? now;
    this.#mayGrowSince.set(id, since);
    return Math.min(now - since, steadyMs) > GROWS_MS ? `${id} does not grow` : null;
  }

  #forget(run: string): void {
    for (const [id, lease] of this.#leases) if (lease.run === run) this.#leases.delete(id);
    for (const books of [this.#waitsSince, this.#begun])
      for (const id of books.keys()) if (id.startsWith(`${run}/`)) books.delete(id);
  }

  #seeGranted({ lease, run, kind, volunteer, task }: CoordinatorEventOf<'LeaseGranted'>, state: CoordinatorState) {
    if (kind === 'route') {
      const body = task.body as unknown as RouteTask;
      this.#leases.set(lease, { run, volunteer, part: task.key, body, accepted: false });
    }
    if (kind !== 'train') return null;
    const { path, shard } = task.body as unknown as TrainTask;
    const due = state.runs[run]!.facts.paths[path]!.shard;
    return due?.sha256 === shard.sha256 ? null : `path ${path} of ${run} is not trained on its shard`;
  }

  #judgeComparison({ fold }: CoordinatorEventOf<'FoldBegun'>, state: CoordinatorState): string | null {
    const answers = fold.contributions.map((lease) => this.#leases.get(lease)!);
    const [first] = answers as [SeenLease];
    const isAlike = ({ part, body }: SeenLease) =>
      part === first.part && JSON.stringify(body.modules) === JSON.stringify(first.body.modules);
    if (!answers.every(isAlike)) return `${fold.key} compares answers to different questions`;
    const { related } = companyOf(state, new Set(), 0);
    return answers.some((one, i) => answers.slice(i + 1).some((other) => related(one.volunteer, other.volunteer)))
      ? `${fold.key} compares answers of one person`
      : null;
  }

  #judge({ run, fold, at }: CoordinatorEventOf<'FoldBegun'>, state: CoordinatorState): string | null {
    const { facts } = state.runs[run]!;
    const { version, confirmed, parts, losses, grow } = fold.input as unknown as RouteFoldInput;
    if (version !== (facts.routing?.version ?? 0) + 1) return `${fold.key} does not follow ${facts.routing?.version}`;
    const others = [...this.#begun].filter(([id, one]) => id.startsWith(`${run}/`) && !isComparison(one));
    if (others.length > 1) return `${others.length} routings of ${run} go on at once`;
    const answers = fold.contributions.map((lease) => this.#leases.get(lease)!);
    const answersDue = facts.routing ? Object.keys(facts.paths).map((path) => `losses ${path}`) : featuresDue(answers);
    const due = grow ? [] : answersDue;
    const taken = answers.map(({ part }) => part);
    if (taken.join() !== due.join() || parts.length + losses.length !== due.length)
      return `${fold.key} is fitted on ${taken} where ${due} are due`;
    for (const lease of fold.contributions.filter((id) => !this.#confirmed.has(id))) {
      if (confirmed) return `${fold.key} says that it is confirmed, and ${lease} is not`;
      const { part } = this.#leases.get(lease)!;
      const waitsMs = at - this.#waitsSince.get(`${run}/${part}`)!;
      if (waitsMs < patienceMs(facts) && this.#isAwaited(run, part, state))
        return `${fold.key} believes ${lease} after ${waitsMs} ms, though somebody could confirm it`;
    }
    return null;
  }

  /** Whether somebody computes this part, or lends and is related to none of those who have answered. */
  #isAwaited(run: string, part: string, state: CoordinatorState): boolean {
    const own = [...this.#leases.values()].filter((lease) => lease.run === run && lease.part === part);
    if (own.some(({ accepted }) => !accepted)) return true;
    const lending = Object.values(state.volunteers).filter(({ banned, lends, lease }) => !banned && (lends || lease));
    const bytes = bytesNeeded(routePlan as WorkPlan<unknown>, state.runs[run]!.facts);
    const company = companyOf(state, new Set(lending.map(({ id }) => id)), bytes);
    return company.hasOther(own.map(({ volunteer }) => volunteer));
  }

  #seeCompared(
    { run, output, at }: CoordinatorEventOf<'FoldEnded'>,
    { contributions }: Fold,
    state: CoordinatorState,
  ): string | null {
    const { parts, liars } = state.runs[run]!.works['route'] as RouteState;
    const part = answeredBy(parts, contributions);
    if (!part) return null;
    const { agreed } = output.result as unknown as CompareResult;
    if (part.confirmed !== (agreed?.[0] ?? null)) return `${part.confirmed} counts as confirmed by ${agreed}`;
    for (const lease of agreed ?? []) this.#confirmed.add(lease);
    if (!agreed) this.#waitsSince.set(`${run}/${this.#leases.get(part.answers[0]!.lease)!.part}`, at);
    const odd = agreed ? part.answers.filter(({ lease }) => !agreed.includes(lease)) : [];
    return odd.every(({ volunteer }) => liars.known[volunteer]) ? null : `who contradicts ${agreed} goes on routing`;
  }

  #seeRouted({ run, fold, output }: CoordinatorEventOf<'FoldEnded'>, state: CoordinatorState): string | null {
    this.#forget(run);
    const { invented } = output.result as { invented: string[] };
    if (!output.routing) return null;
    const { version, paths, confirmed } = output.routing;
    const { facts } = state.runs[run]!;
    if (confirmed && invented.length > 0) return `invented answers of ${invented} count as confirmed`;
    if (facts.routing?.version !== version) return `${run} has routing ${facts.routing?.version} after ${fold}`;
    const lost = Object.entries(facts.paths).find(([id, { shard }]) => shard?.sha256 !== paths[id]?.shard.sha256);
    return lost ? `path ${lost[0]} of ${run} does not get its documents from ${fold}` : null;
  }
}

/** All parts of every split, in order; the splits of which there is none by their names. */
const featuresDue = (answers: readonly SeenLease[]): string[] =>
  SPLITS.flatMap((split) => {
    const one = answers.map(({ body }) => body).find((body) => body.type === 'features' && body.split === split);
    const count = one?.type === 'features' ? one.parts : 0;
    return count === 0 ? [split] : Array.from({ length: count }, (_, i) => `features ${split} ${i} ${count}`);
  });

/** The routing of made-up documents. */
function routingOf(key: string, input: RouteFoldInput): NonNullable<FoldOutput['routing']> {
  const { version, paths, confirmed, grow } = input;
  const shards = paths.map((id, i) => [id, { shard: blobOf(`${key} shard ${id}`), shardTokens: 10_000 + 1000 * i }]);
  return {
    version,
    router: blobOf(`${key} router`),
    assignment: blobOf(`${key} assignment`),
    shards: blobOf(`${key} shards`),
    confirmed,
    counts: { train: paths.map(() => 100), router: paths.map(() => 10), test: paths.map(() => 10) },
    paths: Object.fromEntries(shards),
    growth: grow?.growth ?? null,
  };
}

/** One more expert, as the host works it out (server/runs/growth.ts). */
function growthOf({ id, spec, paths, routing }: RunFacts, random: Random): Growth | null {
  const levels = levelsOf(spec);
  const counted = levels.flatMap(({ experts }, level) => (experts === 'path' ? [] : [{ level, experts }]));
  const isCountedAlong = spec.embedding === 'path' || counted.length < levels.length;
  const { level, experts } = isCountedAlong ? counted[0]! : random.pick(counted);
  const expert = random.int(0, experts - 1);
  const grownLevels = levels.map((one, at) => (at === level ? { ...one, experts: experts + 1 } : one));
  if (!routing || pathCountOf(grownLevels) > MOST_PATHS) return null;
  const all = runFacts(
    id,
    grownLevels.map((one) => one.experts),
    { embedding: spec.embedding },
  ).paths;
  const known = new Set(Object.values(paths).flatMap((path) => path.modules));
  const modules: Record<string, string> = {};
  const grown: Record<string, Growth['grown'][string]> = {};
  for (const [path, { modules: own }] of Object.entries(all)) {
    if (paths[path]) continue;
    const choices = path.split('-').map((choice, at) => (at === level ? `${expert}` : choice));
    const isOrigin = (other: string) =>
      other.split('-').every((one, at) => levels[at]!.experts === 'path' || one === choices[at]);
    const from = Object.keys(paths).find(isOrigin)!;
    for (const [place, name] of own.entries()) if (!known.has(name)) modules[name] ??= paths[from]!.modules[place]!;
    grown[path] = { from, modules: [...own] };
  }
  const isOver = Object.values(grown).every(({ from }) => (paths[from]!.steps ?? 0) >= spec.totalSteps);
  return isOver ? null : { levels: grownLevels, paths: Object.keys(all), modules, grown };
}

/** Routing as the simulator takes it: inventions agree with nothing, and now and then losses teach nothing. */
export const simulatedRoute: SimulatedKind = {
  plan: routePlan as SimulatedKind['plan'],
  takes: (run) => run.routing === null,
  growth: (run, random) => growthOf(run, random) as Json,
  watch: () => new RouteWatch(),
  fold({ key, input, contributions }, lied) {
    const known = input as unknown as RouteFoldInput | RouteCompareInput;
    const nothing = { modules: [], figures: null };
    if ('compare' in known)
      return { ...nothing, result: agreedOf(known.compare, (a, b) => !lied(a.lease) && !lied(b.lease)) };
    const features = known.features ?? blobOf(`${key} features`);
    const isFirst = known.losses.length === 0 && !known.grow;
    const teachesNothing = !isFirst && mixed(known.seed, key) % KEPT_EVERY === 0;
    const why = known.grow ? 'There are too few documents.' : 'The losses of all paths are the same.';
    const kept = teachesNothing ? why : null;
    const result = { features, kept, invented: contributions.filter(lied) } as Json;
    return { ...nothing, result, ...(!teachesNothing && { routing: routingOf(key, known) }) };
  },
};
