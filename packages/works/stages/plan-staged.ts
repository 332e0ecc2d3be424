import type { ContributionFacts, Json, Outcome, RunFacts, Task, WorkPlan } from '@pathfold/coordination/work-plan';
import { thinChart } from '@pathfold/protocol/thin-chart';
import { auditedBy, dueAudits, hold, isDrawn, mixed, settleAudit } from '../queue/audits.ts';
import { expose, type Liars, noLiars } from '../queue/liars.ts';
import { answer, giveBack, giveOut, hasOpen, heldBy, isOpen, isOut, newUnit, type Unit } from '../queue/unit.ts';
import type { Chain, ChainSeed, Script, StudyConfig } from './plan-script.ts';

/** State of a study inside one run. */
export interface StagedState<S, P> {
  readonly chains: (S & Chain<P>)[];
  /** The chain of each lease. `isIn`: its contribution is being checked, too late to take it back. */
  readonly leases: Record<string, { readonly chain: number; isIn?: true }>;
  /** Contributions of each volunteer so far. */
  readonly counts: Record<string, number>;
  readonly liars: Liars;
}

/** Multiplications and additions a second that a lease's time allows for. */
const SLOWEST = 5e7;
const TRAVEL_MS = 60_000;

/** The finding of an audit. */
interface AuditResult {
  readonly honest: boolean;
}

/** The coordinator's half of a study, whatever its script. */
export const stagedPlan = <C extends StudyConfig, S extends ChainSeed, P>(
  script: Script<C, S, P>,
): WorkPlan<StagedState<S, P>> => {
  const stages = new Stages(script);
  const { name, study, Config } = script;
  return {
    name,
    traits: { studies: [study], configure: (config) => Config.parse(config) as unknown as Json },
    init: (run) => stages.begin(run),
    open: (state, run) => (stages.next(state, run) ? () => true : null),
    offer(state, run, { id }) {
      const next = state.liars.known[id] ? null : stages.next(state, run);
      return next && stages.task(run, state.chains[next.chain]!, next.unit);
    },
    settle: (state, run, outcome, now) => stages.settle(state, run, outcome, now),
    plan: (state, run, now) => stages.plan(state, run, now),
    admit({ leases, liars }, _run, { lease, volunteer }) {
      if (liars.known[volunteer]) return 'refuted';
      return leases[lease] ? null : 'round_over';
    },
    pages: {
      summary: ({ chains }) => ({ round: script.round(chains) }),
      charts: ({ chains }, run) => script.charts(stages.config(run), chains).map(thinChart),
    },
  };
};

class Stages<C extends StudyConfig, S extends ChainSeed, P> {
  readonly #script: Script<C, S, P>;
  readonly #configs = new WeakMap<RunFacts, C>();

  constructor(script: Script<C, S, P>) {
    this.#script = script;
  }

  /** The run's configuration; read once. */
  config(run: RunFacts): C {
    const config = this.#configs.get(run) ?? this.#script.Config.parse(run.study?.config);
    this.#configs.set(run, config);
    return config;
  }

  begin(run: RunFacts): StagedState<S, P> {
    const config = this.config(run);
    const chains = this.#script.chains(config).map((chain): S & Chain<P> => ({
      ...chain,
      ...{ units: {}, laidOut: 0, round: 0, since: null, last: null, isOver: false, combining: null },
    }));
    for (const chain of chains) this.#advance(config, chain);
    return { chains, leases: {}, counts: {}, liars: noLiars() };
  }

  /** Work that nobody does, of the chain that is furthest behind; with `key`, the first in that order whose task has it. */
  next({ chains }: StagedState<S, P>, run: RunFacts, key?: string): { chain: number; unit: Unit<P> } | null {
    const config = this.config(run);
    let best: { chain: number; unit: Unit<P>; at: number } | null = null;
    for (const [index, chain] of chains.entries()) {
      if (!hasOpen(chain.units)) continue;
      const at = this.#script.progress(config, chain);
      if (best && at >= best.at) continue;
      const isAsked = ({ what }: Unit<P>) => key === undefined || this.#script.keyOf(config, chain, what) === key;
      const unit = Object.values(chain.units).find((one) => isOpen(one) && isAsked(one));
      if (unit) best = { chain: index, unit, at };
    }
    return best;
  }

  task(run: RunFacts, chain: S, { what }: Unit<P>): Task {
    const { amountOf, flopsPerSecond } = this.#script;
    const config = this.config(run);
    const body = this.#body(run, chain, what);
    const { steps, examples, flops, payloadBytes } = amountOf(body as never);
    return {
      key: this.#script.keyOf(config, chain, what),
      body,
      steps,
      tokens: examples,
      flops,
      durationMs: Math.ceil((1000 * flops) / SLOWEST) + TRAVEL_MS,
      expectedMs: Math.ceil((1000 * flops) / flopsPerSecond),
      priority: 0,
      maxPayloadBytes: payloadBytes,
      path: null,
    };
  }

  plan(state: StagedState<S, P>, run: RunFacts, now: number) {
    const config = this.config(run);
    const deadlines = state.chains.map((chain) => this.#deadline(config, chain));
    const late = state.chains.filter((_, i) => deadlines[i]! <= now);
    const wakeAt = Math.min(...deadlines.filter((at) => at > now));
    const combinations = state.chains.flatMap((chain) => this.#combination(state, run, chain) ?? []);
    const refuted = Object.keys(state.liars.open);
    const isTooLate = (lease: string) => state.leases[lease]!.isIn === undefined;
    return {
      folds: [...state.chains.flatMap(({ units }) => dueAudits(units)), ...combinations],
      revoke: late.flatMap(({ units }) =>
        this.#missable(units).flatMap((unit) => Object.keys(unit.holders).filter(isTooLate)),
      ),
      wakeAt: Number.isFinite(wakeAt) ? wakeAt : null,
      done:
        combinations.length === 0 &&
        refuted.length === 0 &&
        state.chains.every(
          ({ isOver, units, combining }) => isOver && combining === null && Object.keys(units).length === 0,
        ),
      refuted,
    };
  }

  settle(state: StagedState<S, P>, run: RunFacts, outcome: Outcome, now: number): void {
    const config = this.config(run);
    switch (outcome.type) {
      case 'granted': {
        const { chain: index, unit } = this.next(state, run, outcome.task.key)!;
        const chain = state.chains[index]!;
        giveOut(unit, outcome.lease, outcome.volunteer);
        chain.since ??= now;
        chain.last = now;
        state.leases[outcome.lease] = { chain: index };
        this.#advance(config, chain);
        return;
      }
      case 'received': {
        const asked = state.leases[outcome.lease];
        if (asked) asked.isIn = true;
        return;
      }
      case 'ended': {
        const chain = this.#takeBack(state, outcome.lease);
        if (!chain) return;
        const unit = chain.units[heldBy(chain.units, outcome.lease)!]!;
        giveBack(unit, outcome.lease);
        this.#script.lost?.(chain, unit);
        this.#goOn(config, chain, now);
        return;
      }
      case 'accepted': {
        const chain = this.#takeBack(state, outcome.contribution.lease);
        if (chain) this.#answered(state, run, chain, outcome.contribution, now);
        return;
      }
      case 'begun': {
        const { key } = outcome.fold;
        const audited = state.chains.find(({ units }) => auditedBy(units, key) !== undefined);
        if (audited) audited.units[auditedBy(audited.units, key)!]!.checking = key;
        const combined = state.chains.find((chain) => this.#combination(state, run, chain)?.key === key);
        if (combined) combined.combining = key;
        return;
      }
      case 'folded':
        this.#folded(state, config, outcome.fold, outcome.result, now);
        return;
      case 'withdrawn':
        delete state.liars.open[outcome.volunteer];
        return;
      case 'resumed':
        for (const chain of state.chains)
          for (const clock of ['since', 'last'] as const) if (chain[clock] !== null) chain[clock] += outcome.pausedMs;
        return;
      default:
        return;
    }
  }

  #answered(
    state: StagedState<S, P>,
    run: RunFacts,
    chain: S & Chain<P>,
    contribution: ContributionFacts,
    now: number,
  ) {
    const config = this.config(run);
    const { lease, volunteer, sha256 } = contribution;
    const secret = run.study?.auditSeed ?? 0;
    const name = heldBy(chain.units, lease)!;
    const unit = chain.units[name]!;
    answer(unit, contribution, false, now);
    if (isDrawn(state.counts, volunteer, config.auditEvery, secret)) {
      const again = this.#script.again?.(unit.what, contribution, mixed(secret, lease));
      const input = { what: 'audit', body: this.#body(run, chain, unit.what), sha256, ...(again && { again }) };
      hold(unit, contribution, { key: lease, input: input as unknown as Json, contributions: [lease] });
    } else this.#take(config, chain, name, contribution);
    this.#goOn(config, chain, now);
  }

  #folded(state: StagedState<S, P>, config: C, fold: string, result: Json, now: number): void {
    for (const chain of state.chains) {
      const name = auditedBy(chain.units, fold);
      if (name !== undefined) {
        const { honest } = result as unknown as AuditResult;
        const contribution = settleAudit(chain.units[name]!, honest);
        if (honest) this.#take(config, chain, name, contribution);
        else expose(state.liars, { [contribution.volunteer]: fold }, null);
        this.#goOn(config, chain, now);
      } else if (chain.combining === fold) {
        chain.combining = null;
        this.#script.combined!(chain, result);
        this.#advance(config, chain);
      }
    }
  }

  /** A part is done. */
  #take(config: C, chain: S & Chain<P>, name: string, contribution: ContributionFacts): void {
    const unit = chain.units[name]!;
    delete chain.units[name];
    this.#layOut(chain, this.#script.take(config, chain, unit, contribution));
  }

  #layOut(chain: Chain<P>, parts: readonly P[]): void {
    for (const part of parts) chain.units[chain.laidOut++] = newUnit(part, 1);
  }

  /** A stage that is late goes on without what nobody does. */
  #goOn(config: C, chain: S & Chain<P>, now: number): void {
    if (this.#deadline(config, chain) <= now)
      for (const [name, unit] of Object.entries(chain.units))
        if (isOpen(unit) && this.#script.mayMiss?.(unit.what)) delete chain.units[name];
    this.#advance(config, chain);
  }

  /** Takes a chain on as far as it can go without an answer, and lays out its next parts. */
  #advance(config: C, chain: S & Chain<P>): void {
    while (!chain.isOver && !this.#isWaiting(config, chain) && !this.#script.isDue?.(chain)) {
      const parts = this.#script.stage(config, chain);
      this.#layOut(chain, parts ?? []);
      chain.isOver = parts === null;
      chain.round++;
      Object.assign(chain, { since: null, last: null });
    }
  }

  #isWaiting(config: C, chain: S & Chain<P>): boolean {
    const awaited = Object.values(chain.units).filter(({ what }) => !this.#script.isAside?.(what));
    const isAhead = this.#script.runsAhead?.(config, chain) ?? false;
    return awaited.some((unit) => !isAhead || isOpen(unit));
  }

  #combination({ chains }: StagedState<S, P>, run: RunFacts, chain: S & Chain<P>) {
    if (chain.combining !== null || Object.keys(chain.units).length > 0 || !this.#script.isDue?.(chain)) return null;
    return this.#script.combine!(this.config(run), chain, chains.indexOf(chain), seedOf(run, chain));
  }

  #deadline(config: C, chain: S & Chain<P>): number {
    return this.#script.deadline?.(config, chain) ?? Number.POSITIVE_INFINITY;
  }

  #missable(units: Chain<P>['units']): Unit<P>[] {
    return Object.values(units).filter((unit) => isOut(unit) && this.#script.mayMiss?.(unit.what));
  }

  #body(run: RunFacts, chain: S, what: P): Json {
    return this.#script.bodyOf(this.config(run), chain, what, seedOf(run, chain)) as Json;
  }

  /** The lease is over; the chain that it worked for. */
  #takeBack(state: StagedState<S, P>, lease: string): (S & Chain<P>) | null {
    const asked = state.leases[lease];
    if (!asked) return null;
    delete state.leases[lease];
    return state.chains[asked.chain]!;
  }
}

/** All chains of a study of one seed meet the same tasks. */
const seedOf = ({ spec }: RunFacts, { seed }: ChainSeed): number => (spec.seed + 7919 * seed) >>> 0;
