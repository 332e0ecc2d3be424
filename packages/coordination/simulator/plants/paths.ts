import { type Json, openTo, type RunFacts, type WorkPlan } from '../../work-plan.ts';
import { applying, deciding, type Plant } from './plant.ts';

const leasing =
  (as: (run: RunFacts) => RunFacts) =>
  <S>(plan: WorkPlan<S>): WorkPlan<S> => ({
    ...plan,
    open: (state, run, now) => openTo(plan, state, as(run), now),
    offer: (state, run, volunteer, now, company) => plan.offer(state, as(run), volunteer, now, company),
  });

const withoutStops = (run: RunFacts): RunFacts => {
  const paths = Object.entries(run.paths).map(([id, { bestVersion: _, ...path }]) => [id, path]);
  return { ...run, paths: Object.fromEntries(paths) };
};

const withoutGrown = (run: RunFacts): RunFacts => {
  const paths = Object.entries(run.paths).map(([id, path]) => [id, /[2-9]/.test(id) ? { ...path, shard: null } : path]);
  return { ...run, paths: Object.fromEntries(paths) };
};

type Counts = { given: number; owed: number };

/** Mistakes about rollbacks, early stopping and growth. */
export const paths: Readonly<Record<string, Plant>> = {
  'folds-over-rollback': {
    mistake: 'what was accepted before a rollback is folded after it',
    breaks: /takes l\d+, from before a rollback$/,
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
    breaks: /does not have the modules of round \d+$/,
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
    breaks: /trains path .*, which was stopped$/,
    wishes: { patience: 1 },
    plan: leasing(withoutStops),
  },
  'stopped-by-invention': {
    mistake: 'scores that nobody has confirmed tell which version of a path is its best',
    breaks: /^an invented score of path .* is its best$/,
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
    breaks: /starves, though \d+ could serve it$/,
    wishes: { experts: [2, 2], growths: 3 },
    plan: leasing(withoutGrown),
  },
  'growth-from-scratch': {
    mistake: 'modules that are added to a run begin at version 0',
    breaks: /does not begin as a copy of/,
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
    breaks: /^of .* paths .* are stopped where .* should be$/,
    wishes: { experts: [2, 2], patience: 1, growths: 3 },
    mind: applying({
      after(state, event) {
        if (event.type !== 'FoldEnded' || !event.output.routing?.growth) return;
        for (const path of Object.values(state.runs[event.run]?.facts.paths ?? {})) delete path.bestVersion;
      },
    }),
  },
};
