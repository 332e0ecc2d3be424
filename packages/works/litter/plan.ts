import type { ContributionFacts, Json, Outcome, RunFacts, WorkPlan } from '@pathfold/coordination/work-plan';
import { type Audits, dueAudits, hold, isDrawn, mixed, noAudits, settleAudit } from '../audit.ts';
import { chartsOf } from './plan-charts.ts';
import {
  advance,
  type Chain,
  curveOf,
  deadlineOf,
  fight,
  isTournament,
  keepCurve,
  newChain,
  type Unit,
} from './plan-state.ts';
import { bodyOf, taskOf } from './plan-task.ts';
import { type AuditInput, type AuditResult, flopsOf, LitterConfig } from './task.ts';

export { treeOf } from './plan-task.ts';

/** State of evolution inside one run. */
export interface LitterState {
  readonly chains: Chain[];
  /** What each lease was asked. */
  readonly leases: Record<string, Asked>;
  readonly audits: Audits<Answer>;
}

interface Asked {
  readonly chain: number;
  readonly unit: Unit;
  /** Its answer is being checked: too late to take it back. */
  readonly isIn?: true;
}

interface Answer extends Asked {
  readonly sha256: string;
  readonly bytes: number;
  readonly values: readonly number[];
}

const configs = new WeakMap<RunFacts, LitterConfig>();

/** The run's configuration; read once. */
export function configOf(run: RunFacts): LitterConfig {
  const config = configs.get(run) ?? LitterConfig.parse(run.study?.config);
  configs.set(run, config);
  return config;
}

/**
 * Evolution by litters. A lease holds genomes as lineages of seeds, the volunteer lives them, and selection happens
 * here, on their losses: generation by generation with a quorum, or by tournaments that wait for nobody before their end.
 */
export const litterPlan: WorkPlan<LitterState> = {
  name: 'litter',
  studies: ['baldwin'],
  configure: (config) => LitterConfig.parse(config) as unknown as Json,

  init(run) {
    const config = configOf(run);
    const seeds = Array.from({ length: config.seeds }, (_, seed) => seed);
    const chains = seeds.flatMap((seed) => config.arms.map((_, arm) => newChain(config, arm, seed)));
    for (const chain of chains) advance(chain, config);
    return { chains, leases: {}, audits: noAudits() };
  },

  open: (state) => (next(state) ? () => true : null),

  offer(state, run, volunteer) {
    const asked = state.audits.liars[volunteer.id] ? null : next(state);
    return asked && taskOf(state.chains[asked.chain]!, asked.unit, configOf(run), run);
  },

  settle,

  plan(state, run, now) {
    const deadlines = state.chains.map((chain) => deadlineOf(chain, configOf(run)) ?? Number.POSITIVE_INFINITY);
    const late = state.chains.filter((_, i) => deadlines[i]! <= now);
    const wakeAt = Math.min(...deadlines.filter((at) => at > now));
    const { refuted } = state.audits;
    const isAsked = (lease: string) => state.leases[lease] !== undefined && !state.leases[lease].isIn;
    return {
      folds: dueAudits(state.audits),
      revoke: late.flatMap(({ out }) => Object.keys(out).filter((id) => out[id]!.what === 'litter' && isAsked(id))),
      wakeAt: Number.isFinite(wakeAt) ? wakeAt : null,
      done: state.chains.every(isDone) && refuted.length === 0,
      refuted,
    };
  },

  admit({ leases, audits }, _run, { lease, volunteer }) {
    if (audits.liars[volunteer]) return 'refuted';
    return leases[lease] ? null : 'round_over';
  },

  charts: (state, run) => chartsOf(state.chains, configOf(run)),

  summary({ chains }) {
    const going = chains.filter((chain) => !isDone(chain));
    const counted = going.length > 0 ? going : chains;
    return { round: Math.min(...counted.map(({ round }) => round)) };
  },
};

const isDone = ({ phase, open, out }: Chain): boolean =>
  phase === 'done' && open.length === 0 && Object.keys(out).length === 0;

/** Work that nobody does: of the chain that is furthest behind. */
function next({ chains }: LitterState): Asked | null {
  let chain = -1;
  chains.forEach(({ open, round }, i) => {
    if (open.length > 0 && (chain < 0 || round < chains[chain]!.round)) chain = i;
  });
  return chain < 0 ? null : { chain, unit: chains[chain]!.open[0]! };
}

function settle(state: LitterState, run: RunFacts, outcome: Outcome, now: number): void {
  const config = configOf(run);
  switch (outcome.type) {
    case 'granted': {
      const asked = next(state)!;
      const chain = state.chains[asked.chain]!;
      chain.open.shift();
      chain.out[outcome.lease] = asked.unit;
      if (chain.since === null || isTournament(chain, config)) chain.since = now;
      state.leases[outcome.lease] = asked;
      advance(chain, config);
      return;
    }
    case 'ended': {
      const asked = takeBack(state, outcome.lease);
      if (!asked) return;
      const [chain, { unit }] = [state.chains[asked.chain]!, asked];
      delete chain.out[outcome.lease];
      if (unit.what === 'litter' && !unit.isLost) chain.lost++;
      chain.open.unshift({ ...unit, isLost: true });
      endLate(chain, config, now);
      return;
    }
    case 'accepted': {
      const { contribution } = outcome;
      const asked = takeBack(state, contribution.lease);
      if (asked) answered(state, run, asked, contribution, now);
      return;
    }
    case 'begun':
      state.audits.begun[outcome.fold.key] = true;
      return;
    case 'folded': {
      const { honest } = outcome.result as unknown as AuditResult;
      const answer = settleAudit(state.audits, outcome.fold, honest);
      if (!answer) return;
      const chain = state.chains[answer.chain]!;
      delete chain.out[outcome.fold];
      if (honest) take(chain, answer, config);
      else chain.open.unshift(answer.unit);
      endLate(chain, config, now);
      return;
    }
    case 'withdrawn':
      state.audits.refuted = state.audits.refuted.filter((volunteer) => volunteer !== outcome.volunteer);
      return;
    case 'resumed':
      for (const chain of state.chains) if (chain.since !== null) chain.since += outcome.pausedMs;
      return;
    case 'received': {
      const asked = state.leases[outcome.lease];
      if (asked) state.leases[outcome.lease] = { ...asked, isIn: true };
      return;
    }
    default:
      return;
  }
}

/** The lease is over; what it was asked. */
function takeBack(state: LitterState, lease: string): Asked | null {
  const asked = state.leases[lease];
  if (!asked) return null;
  delete state.leases[lease];
  return asked;
}

function answered(state: LitterState, run: RunFacts, asked: Asked, contribution: ContributionFacts, now: number): void {
  const config = configOf(run);
  const { lease, volunteer, sha256, bytes, figures } = contribution;
  const values = Array.from({ length: Object.keys(figures).length }, (_, place) => figures[place]!);
  const answer: Answer = { chain: asked.chain, unit: asked.unit, sha256, bytes, values };
  const chain = state.chains[asked.chain]!;
  const secret = run.study?.auditSeed ?? 0;
  if (!isDrawn(state.audits, volunteer, config.auditEvery, secret)) {
    delete chain.out[lease];
    take(chain, answer, config);
  } else {
    const input: AuditInput = {
      body: bodyOf(chain, asked.unit, config, run),
      sha256,
      again: drawn(values, secret, lease),
    };
    hold(state.audits, volunteer, answer, { key: lease, input: input as unknown as Json, contributions: [lease] });
  }
  endLate(chain, config, now);
}

/** The fittest of a litter, for which a lie would pay, and another. */
function drawn(values: readonly number[], secret: number, lease: string): number[] {
  if (values.length === 0) return [];
  const fittest = values.indexOf(Math.min(...values));
  return [...new Set([fittest, mixed(secret, lease) % values.length])];
}

/** An answer that is believed. */
function take(chain: Chain, { unit, values, sha256, bytes }: Answer, config: LitterConfig): void {
  const arm = config.arms[chain.arm]!;
  const { name: _, generations: __, ...life } = arm;
  const { tasks, testTasks } = config;
  const amount = { life, tasks, testTasks, seed: 0, tree: [] };
  switch (unit.what) {
    case 'curve':
      if (unit.on === 'test') chain.test = values;
      else keepCurve(chain, { generation: unit.generation, flops: unit.flops, losses: values });
      break;
    case 'portrait':
      chain.portrait = { generation: unit.generation, genomes: unit.genomes.length, values };
      break;
    case 'descent':
      chain.descent = { sha256, bytes };
      chain.generation = unit.to;
      chain.flops += flopsOf({ ...amount, ...unit, genomes: [] });
      chain.open.push(curveOf(chain, 'choice'));
      break;
    case 'litter':
      chain.flops += flopsOf({ ...amount, ...unit, genomes: [...unit.genomes] });
      if (unit.isLost) chain.relived++;
      if (isTournament(chain, config) && unit.on !== 'choice') fight(chain, unit.genomes, values, unit.on);
      else
        unit.genomes.forEach((id, i) => {
          chain.losses[id] = values[i]!;
        });
  }
}

/** A generation that is late goes on without whoever is missing. */
function endLate(chain: Chain, config: LitterConfig, now: number): void {
  if ((deadlineOf(chain, config) ?? Number.POSITIVE_INFINITY) <= now)
    chain.open = chain.open.filter(({ what }) => what !== 'litter');
  advance(chain, config);
}
