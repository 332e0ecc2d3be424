import { studyRun } from '@pathfold/coordination/study-run';
import type { Company, ContributionFacts, Fold, FoldBlobs, Json, Task } from '@pathfold/coordination/work-plan';
import { fnv1a } from '@pathfold/protocol/fnv';
import { RunSpec } from '@pathfold/protocol/run-spec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { mixed } from '../queue/audits.ts';
import type { ExactPart } from './exact-part.ts';
import { stagedFold } from './fold-staged.ts';
import type { Chain, Script } from './plan-script.ts';
import { type StagedState, stagedPlan } from './plan-staged.ts';

/** What a random script does. Whatever is not `ahead` makes each stage of the answers to the one before. */
const Config = z.strictObject({
  chains: z.int(),
  /** Parts of each stage. */
  stages: z.array(z.int()),
  /** Every so many parts of a stage are followed by another, and by one that nothing waits for; 0: none. */
  follow: z.int(),
  aside: z.int(),
  /** Something is made of every so many stages; 0: never. */
  combineEvery: z.int(),
  ahead: z.boolean(),
  auditEvery: z.int(),
});
type Config = z.infer<typeof Config>;
const Part = z.strictObject({ name: z.string(), value: z.int(), follows: z.boolean(), aside: z.boolean() });
type Part = z.infer<typeof Part>;
interface Own {
  readonly seed: number;
  value: number;
  combined: number;
  /** By part. */
  answers: Record<string, number>;
}

const amountOf = () => ({ steps: 1, examples: 1, flops: 1, payloadBytes: 100 });
const hits = (index: number, every: number): boolean => every > 0 && index % every === 0;
/** Digest of all answers that stages wait for, in whatever order they came. */
const digest = (answers: Own['answers']): number =>
  fnv1a(
    Object.keys(answers)
      .filter((name) => !name.startsWith('aside'))
      .toSorted()
      .map((name) => `${name} ${answers[name]}`)
      .join(),
  );

const SCRIPT: Script<Config, Own, Part> = {
  ...{ name: 'random', study: 'random', Config, amountOf, flopsPerSecond: 1 },
  chains: ({ chains }) => Array.from({ length: chains }, (_, seed) => ({ seed, value: 0, combined: 0, answers: {} })),
  stage({ stages, follow, aside, ahead }, chain) {
    const { round } = chain;
    if (!ahead) chain.value = mixed(chain.value, `${digest(chain.answers)}`);
    if (round >= stages.length) return null;
    return Array.from({ length: stages[round]! }, (_, i): Part[] => {
      const value = mixed(chain.value, `${round} ${i}`);
      const part = { name: `${round} ${i}`, value, follows: hits(i, follow), aside: false };
      const beside = { ...part, name: `aside ${round} ${i}`, follows: false, aside: true };
      return hits(i, aside) ? [beside, part] : [part];
    }).flat();
  },
  keyOf: (_config, { seed }, { name }) => `${seed}: ${name}`,
  bodyOf: (_config, _chain, part) => part,
  take(_config, chain, { what }, { figures }) {
    chain.answers[what.name] = figures['answer']!;
    return what.follows ? [{ ...what, name: `${what.name} on`, value: figures['answer']!, follows: false }] : [];
  },
  progress: (_config, { round }) => round,
  round: (chains) => Math.min(...chains.map(({ round }) => round)),
  charts: () => [],
  isAside: ({ aside }) => aside,
  runsAhead: ({ ahead }) => ahead,
};

/** The same, which makes something of its stages. */
const scriptOf = (of: typeof SCRIPT, { combineEvery, stages, ahead }: Config): typeof SCRIPT =>
  combineEvery === 0 || ahead
    ? of
    : {
        ...of,
        isDue: (chain) => {
          const { round } = chain as Own & Chain<Part>;
          return chain.combined < Math.floor(Math.min(round, stages.length) / combineEvery);
        },
        combine: (_config, { combined, answers }, index) => ({
          ...{ key: `combine ${index} ${combined}`, input: { combine: digest(answers) }, contributions: [] },
        }),
        combined(chain, result) {
          chain.combined++;
          chain.value = mixed(chain.value, `combined ${result}`);
        },
      };

const answerTo = ({ name, value }: Part): number => mixed(value, name);
const combination = async (input: Json): Promise<Json> => mixed(7, `${(input as { combine: number }).combine}`);
const EXACT: ExactPart<Part> = {
  ...{ name: 'random', Task: Part, amountOf, blobsOf: () => [] },
  *work(part) {
    yield;
    return new TextEncoder().encode(`${answerTo(part)}`);
  },
};
const FOLD = stagedFold(EXACT, {
  figures: (_task, payload) => ({ answer: Number(new TextDecoder().decode(payload)) }),
  combine: combination,
});

/** A plain loop over the stages. */
async function loop(config: Config): Promise<Own[]> {
  const script = scriptOf(SCRIPT, config);
  const chains = script.chains(config).map((own) => ({ ...own, units: {}, round: 0 }) as unknown as Own & Chain<Part>);
  for (const [index, chain] of chains.entries())
    for (let parts = script.stage(config, chain); parts; parts = script.stage(config, chain)) {
      chain.round++;
      const todo = [...parts];
      for (const what of todo) {
        const answer = { figures: { answer: answerTo(what) } } as unknown as ContributionFacts;
        todo.push(...script.take(config, chain, { what } as never, answer));
      }
      while (script.isDue?.(chain))
        script.combined!(chain, await combination(script.combine!(config, chain, index, 0).input));
    }
  return chains.map(ownOf);
}

const ownOf = ({ seed, value, combined, answers }: Own): Own => ({ seed, value, combined, answers });

/** Volunteers by number; every third invents its answers where each contribution is audited. */
const VOLUNTEERS = 6;
const COMPANY: Company = { related: () => false, hasOther: () => true };
const ACTS = ['ask', 'lose', 'reject', 'bring', 'begin', 'end', 'restart'] as const;
interface Act {
  readonly act: (typeof ACTS)[number];
  readonly who: number;
}

/** Plays acts; then everybody honest works on until the plan is done. Answers what each chain came to, or what is broken. */
async function play(
  of: typeof SCRIPT,
  config: Config,
  acts: readonly Act[],
  mistake: Mistake,
): Promise<Own[] | string> {
  const plan = stagedPlan(scriptOf(of, config));
  const spec = RunSpec.parse({ name: 'random', corpus: 'none' });
  const run = studyRun('r', spec, { name: 'random', config: config as Json, auditSeed: 5 });
  let state = plan.init(run);
  let now = 0;
  let leases = 0;
  const out = new Map<string, { readonly lease: string; readonly task: Task }>();
  const blobs = new Map<string, Uint8Array>();
  const folding: Fold[] = [];
  const settle: typeof plan.settle = (...told) => mistake(plan.settle, ...told);
  const lies = (volunteer: string): boolean => config.auditEvery === 1 && Number(volunteer) % 3 === 2;

  const ask = (id: string): string | null => {
    const task = out.has(id) ? null : plan.offer(state, run, { id } as never, now, COMPANY);
    if (!task) return null;
    if ([...out.values()].some((held) => held.task.key === task.key)) return `${task.key} goes out twice`;
    const lease = `l${leases++}`;
    out.set(id, { lease, task });
    settle(state, run, { type: 'granted', lease, volunteer: id, task }, now);
    return null;
  };
  const give = (volunteer: string, isReceived: boolean): void => {
    const { lease, task } = out.get(volunteer) ?? {};
    if (!lease || !task) return;
    out.delete(volunteer);
    if (isReceived) settle(state, run, { type: 'received', lease, key: task.key }, now);
    settle(state, run, { type: 'ended', lease, key: task.key }, now);
  };
  const bring = (volunteer: string): void => {
    const { lease, task } = out.get(volunteer) ?? {};
    if (!lease || !task) return;
    const honest = answerTo(task.body as Part);
    const payload = new TextEncoder().encode(`${lies(volunteer) ? honest + 1 : honest}`);
    const report = { steps: 1, tokens: 1, loss: 0 } as ContributionFacts['report'];
    const figures = FOLD.check(task.body, payload, report);
    const contribution = { lease, volunteer, key: task.key, sha256: lease, bytes: payload.length, report, figures };
    if (plan.admit(state, run, contribution)) {
      give(volunteer, true);
      return;
    }
    out.delete(volunteer);
    blobs.set(lease, payload);
    settle(state, run, { type: 'accepted', contribution }, now);
  };
  const begin = (): void => {
    const { folds, refuted = [] } = plan.plan(state, run, now, COMPANY);
    for (const fold of folds) {
      folding.push(fold);
      settle(state, run, { type: 'begun', fold }, now);
    }
    for (const volunteer of refuted) settle(state, run, { type: 'withdrawn', volunteer }, now);
  };
  const end = async (which: number): Promise<void> => {
    const [fold] = folding.splice(which % Math.max(1, folding.length), 1);
    if (!fold) return;
    const get = async (sha256: string) => blobs.get(sha256)!;
    const { result } = await FOLD.fold(fold.input, { get } as unknown as FoldBlobs);
    settle(state, run, { type: 'folded', fold: fold.key, result }, now);
  };
  const step = async ({ act, who }: Act): Promise<string | null> => {
    now += 10;
    const volunteer = `${who}`;
    if (act === 'ask') return ask(volunteer);
    if (act === 'bring') bring(volunteer);
    else if (act === 'begin') begin();
    else if (act === 'end') await end(who);
    else if (act === 'restart') state = JSON.parse(JSON.stringify(state)) as StagedState<Own, Part>;
    else give(volunteer, act === 'reject');
    return null;
  };

  for (const act of acts) {
    const broken = await step(act);
    if (broken) return broken;
  }
  for (let turn = 0; turn < 2000; turn++) {
    if (plan.plan(state, run, now, COMPANY).done) return state.chains.map(ownOf);
    for (const act of ['ask', 'bring', 'begin', 'end'] as const) {
      const broken = await step({ act, who: turn % VOLUNTEERS });
      if (broken) return broken;
    }
  }
  return 'the script never comes to its end';
}

type Plan = ReturnType<typeof stagedPlan<Config, Own, Part>>;
/** Stands between what happens and the plan. */
type Mistake = (settle: Plan['settle'], ...told: Parameters<Plan['settle']>) => void;
const NONE: Mistake = (settle, ...told) => settle(...told);

const scripts = fc.record({
  chains: fc.integer({ min: 1, max: 3 }),
  stages: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }),
  follow: fc.nat(3),
  aside: fc.nat(3),
  combineEvery: fc.nat(2),
  ahead: fc.boolean(),
  auditEvery: fc.integer({ min: 1, max: 4 }),
});
const acts = fc.array(fc.record({ act: fc.constantFrom(...ACTS), who: fc.nat(VOLUNTEERS - 1) }), { maxLength: 120 });

const check = (of: typeof SCRIPT, mistake: Mistake) =>
  fc.check(
    fc.asyncProperty(scripts, acts, async (config, played) => {
      expect(await play(of, config, played, mistake)).toEqual(await loop(config));
    }),
    { seed: 19, numRuns: 300 },
  );

test('in whatever order answers, losses, refusals, audits and restarts come, a script comes to what a plain loop over its stages does', async () => {
  const { failed, errorInstance, counterexample } = await check(SCRIPT, NONE);
  expect(failed, `${JSON.stringify(counterexample)} ${errorInstance}`).toBe(false);
});

/** Mistakes that the property must find. */
const PLANTED: Record<string, { readonly of?: Partial<typeof SCRIPT>; readonly mistake?: Mistake }> = {
  'a part whose lease is lost is forgotten': {
    mistake: (settle, state, run, outcome, now) => outcome.type !== 'ended' && settle(state, run, outcome, now),
  },
  'a lost lease counts as an answer': {
    mistake(settle, state, run, outcome, now) {
      if (outcome.type !== 'ended') return settle(state, run, outcome, now);
      const contribution = {
        lease: outcome.lease,
        volunteer: '0',
        figures: { answer: 1 },
      } as unknown as ContributionFacts;
      settle(state, run, { type: 'accepted', contribution }, now);
    },
  },
  'an audit believes what it finds invented': {
    mistake: (settle, state, run, outcome, now) =>
      settle(
        state,
        run,
        'result' in outcome && typeof outcome.result === 'object' ? { ...outcome, result: { honest: true } } : outcome,
        now,
      ),
  },
  'a stage begins before the one before it is done': { of: { runsAhead: () => true } },
  'a stage does not wait for the parts that follow': { of: { isAside: ({ name }) => name.endsWith('on') } },
};

test.each(Object.keys(PLANTED))('the property finds it when %s', async (name) => {
  const { of = {}, mistake = NONE } = PLANTED[name]!;
  expect(await check({ ...SCRIPT, ...of }, mistake)).toMatchObject({ failed: true });
});
