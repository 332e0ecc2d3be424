import type { Json, RunFacts } from '../../work-plan.ts';
import { applying, deciding, type Plant, type Rewrite } from './plant.ts';

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

const withSpec = (run: RunFacts, change: Partial<RunFacts['spec']>): RunFacts => ({
  ...run,
  spec: { ...run.spec, ...change },
});

/** Mistakes about what is folded, when, and what is believed. */
export const folds: Readonly<Record<string, Plant>> = {
  'double-fold': {
    mistake: 'a contribution goes into the next version of its module again',
    breaks: /^the fold .* takes l\d+|is folded into .* a second time$/,
    mind: deciding(foldAgain),
  },
  'step-before-quorum': {
    mistake: 'a module steps with one contribution a path whatever the quorum',
    breaks: /steps before the quorum of path/,
    wishes: { volunteers: 3 },
    plan: (plan) => ({
      ...plan,
      plan: (state, run, now, company) => plan.plan(state, withSpec(run, { quorum: 1 }), now, company),
    }),
  },
  'impatient-round': {
    mistake: 'a round ends while a live replica still computes',
    breaks: /does not wait for a live replica of path|leaves out work that is being checked|steps before the quorum/,
    plan: (plan) => ({
      ...plan,
      plan: (state, run, now, company) => plan.plan(state, run, now + run.spec.roundDeadlineMs, company),
    }),
  },
  'forgotten-replica': {
    mistake: 'the last of several contributions is left out of the fold',
    breaks: / takes .* where .* are due$| begins a second time$/,
    mind: deciding(() => (event) => {
      if (event.type !== 'FoldBegun' || event.fold.contributions.length < 2) return event;
      return { ...event, fold: { ...event.fold, contributions: event.fold.contributions.slice(0, -1) } };
    }),
  },
  'version-skip': {
    mistake: 'a fold raises a version by two',
    breaks: /has version \d+, not \d+$/,
    mind: applying({
      after(state, event) {
        const name = event.type === 'FoldEnded' ? event.output.modules[0]?.name : undefined;
        const module = event.type === 'FoldEnded' && state.runs[event.run]?.facts.modules[name ?? ''];
        if (module) module.version++;
      },
    }),
  },
  'double-step': {
    mistake: 'a module takes two outer steps from one version',
    breaks: /makes the step of .+ a second time$/,
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
  'believed-invention': {
    mistake: 'whatever two volunteers answer counts as the same',
    breaks: /counts as confirmed by/,
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
    breaks: /believes l\d+ after \d+ ms, though somebody could confirm it$/,
    wishes: { experts: [2, 2] },
    plan: (plan) => ({
      ...plan,
      plan(state, run, now, company) {
        const then = plan.orders?.asks?.includes('growth') ? now + 2 * run.spec.roundDeadlineMs : now;
        return plan.plan(state, run, then, company);
      },
    }),
  },
  'lost-documents': {
    mistake: 'the last part of the documents is left out when a router is fitted',
    breaks: /is fitted on .* where .* are due$/,
    wishes: { experts: [2, 2] },
    mind: deciding(() => (event) => {
      if (event.type !== 'FoldBegun' || !event.fold.key.startsWith('routing ')) return event;
      const { key, contributions } = event.fold;
      const input = event.fold.input as { parts: Json[]; losses: Json[] };
      const shorter = { ...input, parts: input.parts.slice(0, -1), losses: input.losses.slice(0, -1) };
      return { ...event, fold: { key, input: shorter, contributions: contributions.slice(0, -1) } };
    }),
  },
};
