import type { Coordinator } from '../coordinator/mind.ts';
import type { CoordinatorState, LeaseRecord } from '../coordinator/state.ts';
import type { CoordinatorEvent, CoordinatorEventOf } from '../events.ts';
import type { Json, RunFacts, WorkPlan } from '../work-plan.ts';
import type { SimulatedKind } from './kind.ts';
import type { Wishes } from './scenario.ts';

/** A known mistake, put between the simulator and the mind or a kind of work: the simulator must find each. */
export interface Plant {
  readonly mistake: string;
  /** The scenarios that it shows in, if not in any. */
  readonly wishes?: Wishes;
  mind?(mind: Coordinator): Coordinator;
  plan?(plan: WorkPlan<unknown>): WorkPlan<unknown>;
}

type Rewrite = (event: CoordinatorEvent, state: CoordinatorState) => CoordinatorEvent | null;

/** Changes what the mind decides. */
const deciding =
  (newRewrite: () => Rewrite) =>
  (mind: Coordinator): Coordinator => {
    const rewrite = newRewrite();
    return {
      ...mind,
      plan: (state, touched, now) =>
        mind
          .plan(state, touched, now)
          .map((event) => rewrite(event, state))
          .filter((event) => event !== null),
    };
  };

/** Does something to the state before or after an event is applied. */
const applying =
  (meddle: { before?: Meddling; after?: Meddling }) =>
  (mind: Coordinator): Coordinator => ({
    ...mind,
    apply(state, event) {
      meddle.before?.(state, event);
      const touched = mind.apply(state, event);
      meddle.after?.(state, event);
      return touched;
    },
  });
type Meddling = (state: CoordinatorState, event: CoordinatorEvent) => void;

const onCredit = (credit: (event: CoordinatorEventOf<'ContributionAccepted'>, state: CoordinatorState) => number) =>
  deciding(
    () => (event, state) =>
      event.type === 'ContributionAccepted' ? { ...event, credit: credit(event, state) } : event,
  );

const moduleOf = (key: string): string => key.slice(0, key.lastIndexOf(' '));

function foldAgain(): Rewrite {
  const before = new Map<string, string>();
  return (event) => {
    if (event.type !== 'FoldBegun') return event;
    const id = `${event.run}/${moduleOf(event.fold.key)}`;
    const again = before.get(id);
    before.set(id, event.fold.contributions[0]!);
    if (again === undefined) return event;
    return { ...event, fold: { ...event.fold, contributions: [...event.fold.contributions, again] } };
  };
}

function withoutFencing(mind: Coordinator): Coordinator {
  const ended = new Map<string, LeaseRecord>();
  return applying({
    before(state, event) {
      if (event.type === 'LeaseEnded' && state.leases[event.lease])
        ended.set(event.lease, { ...state.leases[event.lease]! });
      const late = event.type === 'ContributionReceived' ? ended.get(event.lease) : undefined;
      if (late && !late.contribution && state.runs[late.run]) state.leases[late.id] ??= late;
    },
  })(mind);
}

const withSpec = (run: RunFacts, change: Partial<RunFacts['spec']>): RunFacts => ({
  ...run,
  spec: { ...run.spec, ...change },
});

function withoutLastShard(run: RunFacts): RunFacts {
  const [last, ...others] = Object.keys(run.paths).reverse();
  const path = { ...run.paths[last!]!, shard: null };
  return others.length === 0 ? run : { ...run, paths: { ...run.paths, [last!]: path } };
}

/** Leases are opened and offered as if the run were another. */
const leasing =
  (as: (run: RunFacts) => RunFacts) =>
  <S>(plan: WorkPlan<S>): WorkPlan<S> => ({
    ...plan,
    open: (state, run, now) => plan.open(state, as(run), now),
    offer: (state, run, volunteer, now, company) => plan.offer(state, as(run), volunteer, now, company),
  });

const withoutStops = (run: RunFacts): RunFacts => {
  const paths = Object.entries(run.paths).map(([id, { kept: _, ...path }]) => [id, path]);
  return { ...run, paths: Object.fromEntries(paths) };
};

/** Of a run that began with two experts a level. */
const withoutGrown = (run: RunFacts): RunFacts => {
  const paths = Object.entries(run.paths).map(([id, path]) => [id, /[2-9]/.test(id) ? { ...path, shard: null } : path]);
  return { ...run, paths: Object.fromEntries(paths) };
};

const withoutLastPath = (plan: WorkPlan<unknown>): WorkPlan<unknown> => ({
  ...plan,
  open: (state, run, now) => plan.open(state, withoutLastShard(run), now),
  offer: (state, run, volunteer, now, company) => plan.offer(state, withoutLastShard(run), volunteer, now, company),
});

/** Changes what asynchronous folds are told of their contributions. */
const onArrivals = (change: (arrival: Arrived) => Partial<Arrived>) =>
  deciding(() => (event) => {
    if (event.type !== 'FoldBegun') return event;
    const input = event.fold.input as { contributions?: Arrived[] };
    if (input.contributions?.[0]?.staleness === undefined) return event;
    const contributions = input.contributions.map((one) => ({ ...one, ...change(one) }));
    return { ...event, fold: { ...event.fold, input: { ...input, contributions } } };
  });
type Arrived = { weight: number; staleness: number; steps: number };
type Counts = { given: number; owed: number };

export const PLANTS: Readonly<Record<string, Plant>> = {
  'double-fold': {
    mistake: 'a contribution goes into the next version of its module again',
    mind: deciding(foldAgain),
  },
  'no-fencing': { mistake: 'a contribution counts though its lease has ended', mind: withoutFencing },
  'lost-lease': {
    mistake: 'a lease whose holder is late or silent never ends',
    mind: deciding(
      () => (event) =>
        event.type === 'LeaseEnded' && (event.code === 'expired' || event.code === 'silent') ? null : event,
    ),
  },
  'two-holders': {
    mistake: 'two grants get the same lease id',
    mind: applying({ after: (state, event) => void (event.type === 'LeaseGranted' && state.leaseCount--) }),
  },
  'credit-off-by-one': { mistake: 'one token too much is credited', mind: onCredit(({ credit }) => credit + 1) },
  'double-credit': {
    mistake: 'credit is given twice',
    mind: applying({
      before(state, event) {
        const lease = event.type === 'ContributionAccepted' ? state.leases[event.lease] : undefined;
        if (lease?.contribution) state.volunteers[lease.volunteer]!.credit += lease.contribution.report.tokens;
      },
    }),
  },
  'unbounded-credit': {
    mistake: 'credit is whatever the volunteer claims',
    mind: onCredit(({ lease }, state) => state.leases[lease]!.contribution!.report.tokens),
  },
  'step-before-quorum': {
    mistake: 'a module steps with one contribution a path whatever the quorum',
    plan: (plan) => ({
      ...plan,
      plan: (state, run, now, company) => plan.plan(state, withSpec(run, { quorum: 1 }), now, company),
    }),
  },
  'impatient-round': {
    mistake: 'a round ends while a live replica still computes',
    plan: (plan) => ({
      ...plan,
      plan: (state, run, now, company) => plan.plan(state, run, now + run.spec.roundDeadlineMs, company),
    }),
  },
  'forgotten-replica': {
    mistake: 'the last of several contributions is left out of the fold',
    mind: deciding(() => (event) => {
      if (event.type !== 'FoldBegun' || event.fold.contributions.length < 2) return event;
      return { ...event, fold: { ...event.fold, contributions: event.fold.contributions.slice(0, -1) } };
    }),
  },
  'version-skip': {
    mistake: 'a fold raises a version by two',
    mind: applying({
      after(state, event) {
        const name = event.type === 'FoldEnded' ? event.output.modules[0]?.name : undefined;
        const module = event.type === 'FoldEnded' && state.runs[event.run]?.facts.modules[name ?? ''];
        if (module) module.version++;
      },
    }),
  },
  'hopeless-task': {
    mistake: 'a task that fails its check for everybody is leased for ever',
    wishes: { hopeless: 0.02 },
    mind: deciding(
      () => (event) =>
        event.type === 'RunStateChanged' && event.state === 'paused' && event.reason !== null ? null : event,
    ),
  },
  'double-step': {
    mistake: 'a module takes two outer steps from one version',
    mind: (mind) => ({
      ...mind,
      plan: (state, touched, now) =>
        mind.plan(state, touched, now).flatMap((event) => {
          if (event.type !== 'FoldBegun' || !/ v\d+$/.test(event.fold.key)) return [event];
          const key = event.fold.key.replace(/ v(\d+)$/, ' v0$1');
          return [event, { ...event, fold: { ...event.fold, key } }];
        }),
    }),
  },
  'starved-path': {
    mistake: 'the last of several paths is never served, while the others go on',
    plan: withoutLastPath,
  },
  'starved-in-a-crowd': {
    mistake: 'one path of sixteen is never served, though hundreds of volunteers could',
    wishes: { volunteers: 300, experts: [4, 4], virtualMs: 2 * 3_600_000 },
    plan: withoutLastPath,
  },
  'believed-invention': {
    mistake: 'whatever two volunteers answer counts as the same',
    wishes: { invented: 0.5 },
    plan: (plan) => ({
      ...plan,
      settle(state, run, outcome, now) {
        type Parts = Record<string, { checking: string | null; answers: { lease: string }[] }>;
        const { campaign, parts } = state as { campaign?: { parts: Parts }; parts?: Parts };
        const part =
          outcome.type === 'folded' &&
          Object.values(campaign?.parts ?? parts ?? {}).find(({ checking }) => checking === outcome.fold);
        if (!part) return plan.settle(state, run, outcome, now);
        const agreed = part.answers.map(({ lease }) => lease);
        plan.settle(state, run, { ...outcome, result: { agreed } }, now);
      },
    }),
  },
  'hasty-router': {
    mistake: 'a router is fitted on what one volunteer says, though others could confirm it',
    wishes: { experts: [2, 2] },
    plan: (plan) => ({
      ...plan,
      plan(state, run, now, company) {
        const then = plan.asks?.includes('growth') ? now + 2 * run.spec.roundDeadlineMs : now;
        return plan.plan(state, run, then, company);
      },
    }),
  },
  'lost-documents': {
    mistake: 'the last part of the documents is left out when a router is fitted',
    wishes: { experts: [2, 2] },
    mind: deciding(() => (event) => {
      if (event.type !== 'FoldBegun' || !event.fold.key.startsWith('routing ')) return event;
      const { key, contributions } = event.fold;
      const input = event.fold.input as { parts: Json[]; losses: Json[] };
      const shorter = { ...input, parts: input.parts.slice(0, -1), losses: input.losses.slice(0, -1) };
      return { ...event, fold: { key, input: shorter, contributions: contributions.slice(0, -1) } };
    }),
  },
  'folds-over-rollback': {
    mistake: 'what was accepted before a rollback is folded after it',
    plan: (plan) => ({
      ...plan,
      settle(state, run, outcome, now) {
        const works = state as { paths?: Record<string, object>; modules?: Record<string, object> };
        const before = outcome.type === 'rolledBack' ? structuredClone(works) : {};
        plan.settle(state, run, outcome, now);
        for (const [id, path] of Object.entries(before.paths ?? {}))
          Object.assign(works.paths![id]!, { contributions: (path as { contributions: object[] }).contributions });
        for (const [name, { given, owed }] of Object.entries(before.modules ?? {}) as [string, Counts][])
          Object.assign(works.modules![name]!, { given, owed });
      },
    }),
  },
  'forgetful-rollback': {
    mistake: 'a rollback leaves the momenta as they are',
    mind: applying({
      before(state, event) {
        if (event.type !== 'RunRolledBack') return;
        const { facts, checkpoints = [] } = state.runs[event.run]!;
        for (const { modules } of checkpoints)
          for (const [name, module] of Object.entries(modules)) module.state = facts.modules[name]!.state;
      },
    }),
  },
  'trained-though-stopped': {
    mistake: 'paths that were stopped early are trained as before',
    wishes: { patience: 1 },
    plan: leasing(withoutStops),
  },
  'stopped-by-invention': {
    mistake: 'scores that nobody has confirmed tell which version of a path is its best',
    wishes: { patience: 1, invented: 0.5 },
    mind: deciding(() => (event) => {
      if (event.type !== 'FoldBegun') return event;
      const input = event.fold.input as { kept?: Json; contributions: { [key: string]: Json }[] } | null;
      if (!input?.kept) return event;
      const contributions = input.contributions.map((one) => ({ ...one, confirmed: true }));
      return { ...event, fold: { ...event.fold, input: { ...input, contributions } } };
    }),
  },
  'barren-growth': {
    mistake: 'paths that are added to a run are never leased',
    wishes: { experts: [2, 2], growths: 3 },
    plan: leasing(withoutGrown),
  },
  'growth-from-scratch': {
    mistake: 'modules that are added to a run begin at version 0',
    wishes: { experts: [2, 2], growths: 3 },
    mind: applying({
      after(state, event) {
        if (event.type !== 'FoldEnded') return;
        for (const name of Object.keys(event.output.routing?.growth?.modules ?? {})) {
          const module = state.runs[event.run]?.facts.modules[name];
          if (module) module.version = 0;
        }
      },
    }),
  },
  'growth-forgets': {
    mistake: 'where a run grows, its other paths that were stopped early are trained again too',
    wishes: { experts: [2, 2], patience: 1, growths: 3 },
    mind: applying({
      after(state, event) {
        if (event.type !== 'FoldEnded' || !event.output.routing?.growth) return;
        for (const path of Object.values(state.runs[event.run]?.facts.paths ?? {})) delete path.kept;
      },
    }),
  },
  'lost-task': {
    mistake: 'work is not leased again after its holder was lost',
    plan: (plan) => ({
      ...plan,
      settle(state, run, outcome, now) {
        if (outcome.type !== 'ended') plan.settle(state, run, outcome, now);
      },
    }),
  },
  'forgotten-path': {
    mistake: 'the last path of a run is never leased',
    plan: (plan) => ({
      ...plan,
      offer(state, run, volunteer, now, company) {
        const task = plan.offer(state, run, volunteer, now, company);
        return task && task.path !== null && task.path === Object.keys(run.paths).at(-1) ? null : task;
      },
    }),
  },
  'unseen-memory': {
    mistake: 'work goes also to those whose memory does not hold it',
    mind: applying({
      after(state, event) {
        const volunteer = event.type === 'VolunteerReady' ? state.volunteers[event.volunteer] : undefined;
        if (volunteer) volunteer.memoryBytes = 0;
      },
    }),
  },
  'no-guard': {
    mistake: 'every checked contribution is admitted',
    plan: (plan) => ({ ...plan, admit: () => null }),
  },
  'wait-for-all': {
    mistake: 'an asynchronous fold waits for every lease that is held',
    wishes: { mode: 'async' },
    plan: (plan) => ({
      ...plan,
      plan(state, run, now, company) {
        const wanted = plan.plan(state, run, now, company);
        const held = Object.keys((state as { leases?: object }).leases ?? {}).length;
        return held > 0 ? { ...wanted, folds: [] } : wanted;
      },
    }),
  },
  'ask-in-turn': {
    mistake: 'in asynchronous mode nobody gets work while another computes',
    wishes: { mode: 'async' },
    plan: (plan) => ({
      ...plan,
      open: () => null,
      offer: (state, run, volunteer, now, company) =>
        Object.keys((state as { leases?: object }).leases ?? {}).length > 0
          ? null
          : plan.offer(state, run, volunteer, now, company),
    }),
  },
  'no-staleness-limit': {
    mistake: 'work is accepted however old its start is',
    wishes: { mode: 'async' },
    plan: (plan) => ({
      ...plan,
      admit(state, run, contribution) {
        const code = plan.admit(state, run, contribution);
        return code === 'too_stale' ? null : code;
      },
    }),
  },
  'staleness-unseen': {
    mistake: 'every contribution counts as if it had started from the newest version',
    wishes: { mode: 'async' },
    mind: onArrivals(() => ({ staleness: 0 })),
  },
  'weight-by-head': {
    mistake: 'asynchronous contributions weigh the same whatever their steps',
    wishes: { mode: 'async' },
    mind: onArrivals(({ weight, steps }) => ({ weight: weight / steps })),
  },
  'heartbeat-in-state': {
    mistake: 'heartbeats change the state, but are not in the log',
    mind: (mind) => ({
      ...mind,
      heard(state, volunteer, now) {
        mind.heard(state, volunteer, now);
        const record = state.volunteers[volunteer];
        if (record) record.seenAt = now;
      },
    }),
  },
  'forgetful-restart': {
    mistake: 'contributions that are being checked are lost in a restart',
    mind: applying({
      before(state, event) {
        if (event.type !== 'CoordinatorStarted') return;
        for (const lease of Object.values(state.leases)) if (lease.contribution) delete state.leases[lease.id];
      },
    }),
  },
};

/** The kinds of work with a mistake in each plan. */
export const withPlant = (kinds: readonly SimulatedKind[], plant: Plant): readonly SimulatedKind[] =>
  kinds.map((kind) => ({ ...kind, plan: plant.plan?.(kind.plan) ?? kind.plan }));
