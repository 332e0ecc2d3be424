import type { BlobRef } from '@pathfold/protocol/blob';
import { leastMissed } from '@pathfold/protocol/thin-chart';
import { mixed } from '../audit.ts';
import type { ArmSpec, LitterConfig, TreeNode } from './task.ts';

/** What one lease can do for a chain. Genomes by id. `isLost`: a lease of it ended without an answer. */
export type Unit = { readonly isLost?: true } & Asked;
type Asked =
  | { readonly what: 'litter'; readonly genomes: readonly number[]; readonly on: number | 'choice' }
  | {
      readonly what: 'curve';
      readonly genomes: readonly number[];
      readonly start: BlobRef | null;
      readonly on: 'choice' | 'test';
      readonly generation: number;
      readonly flops: number;
    }
  | { readonly what: 'portrait'; readonly genomes: readonly number[]; readonly generation: number }
  | { readonly what: 'descent'; readonly from: number; readonly to: number; readonly start: BlobRef | null };

/** Loss of the champion over lessons, when `flops` had been spent on finding it. */
export interface Curve {
  readonly generation: number;
  readonly flops: number;
  readonly losses: readonly number[];
}

/** A generation, its champion first, and what was seen of it (task.ts). */
export interface Portrait {
  readonly generation: number;
  readonly genomes: number;
  readonly values: readonly number[];
}

/** One arm with one seed. */
export interface Chain {
  readonly arm: number;
  readonly seed: number;
  /** `choosing`: the champion, on tasks that no generation saw; `testing`: it, on others still. */
  phase: 'living' | 'choosing' | 'testing' | 'done';
  generation: number;
  /** How often it was laid out anew: progress, whatever the method. */
  round: number;
  /** When the first lease of this round was granted; in a tournament the last one. */
  since: number | null;
  /** Ancestors of all that are needed, by id. Ids count up: parents before children. */
  readonly tree: Record<number, TreeNode>;
  nextId: number;
  population: number[];
  /** Of this generation; in a tournament the last that is known. */
  losses: Record<number, number>;
  /** Nobody works on these. */
  open: Unit[];
  /** By lease, until its answer is believed. */
  readonly out: Record<string, Unit>;
  /** Spent on finding the champion, evaluations aside. */
  flops: number;
  /** Litters of which a lease ended without an answer, and those of them that were lived again. */
  lost: number;
  relived: number;
  champion: number[];
  descent: BlobRef | null;
  /** In order; of a long run some of them, evenly, with the newest. */
  readonly curves: Curve[];
  /** The newest. */
  portrait: Portrait | null;
  test: readonly number[] | null;
}

/** Learning rates that `random` chooses among, and outer steps of one lease of `fomaml`. */
export const RATES = [0.003, 0.01, 0.03, 0.1, 0.3] as const;
export const DESCENT_STEPS = 200;
/** Of the last generation, those among whom the champion is chosen. */
const CANDIDATES = 8;
/** Lessons in the curves at least. */
export const CURVE_LESSONS = 10;

/** Curves that are kept of a chain. */
export const MOST_CURVES = 64;

/** One more curve; where they are too many, the one that is missed the least goes. */
export function keepCurve(chain: Chain, curve: Curve): void {
  chain.curves.push(curve);
  if (chain.curves.length > MOST_CURVES) chain.curves.splice(leastMissed(chain.curves.map((one) => one.generation)), 1);
}

export function newChain(config: LitterConfig, arm: number, seed: number): Chain {
  const { method } = config.arms[arm]!;
  const chain: Chain = {
    arm,
    seed,
    phase: 'living',
    generation: 0,
    round: 0,
    since: null,
    tree: {},
    nextId: 0,
    population: [],
    losses: {},
    open: [],
    out: {},
    flops: 0,
    lost: 0,
    relived: 0,
    champion: [],
    descent: null,
    curves: [],
    portrait: null,
    test: null,
  };
  if (method === 'fomaml') return chain;
  for (let id = 0; id < config.population; id++) {
    const rate = method === 'random' ? { rate: RATES[id % RATES.length]! } : {};
    chain.tree[id] = { parent: -1, seed: id, born: 0, ...rate };
    chain.population.push(id);
  }
  chain.nextId = config.population;
  return chain;
}

/** The next round waits for these: not for what is only looked at on the way. */
const isAwaited = (unit: Unit): boolean =>
  unit.what === 'litter' || unit.what === 'descent' || (unit.what === 'curve' && unit.on === 'test');

/** Pairs fight, and nobody waits for anybody. */
export const isTournament = ({ arm }: Chain, { arms, selection }: LitterConfig): boolean =>
  selection === 'tournament' && ['baldwin', 'lamarck', 'darwin'].includes(arms[arm]!.method);

/** All litters of its last generation are laid out. */
const isAtItsEnd = ({ arm, generation }: Chain, { arms }: LitterConfig): boolean =>
  generation >= arms[arm]!.generations;

/** Before more is laid out all that counts must be in; in a tournament, up to its end, only taken up. */
function isWaiting(chain: Chain, config: LitterConfig): boolean {
  if (chain.open.some(isAwaited)) return true;
  const goesOn = isTournament(chain, config) && chain.phase === 'living' && !isAtItsEnd(chain, config);
  return !goesOn && Object.values(chain.out).some(isAwaited);
}

/** Takes a chain on as far as it can go without an answer, and lays out its next units. */
export function advance(chain: Chain, config: LitterConfig): void {
  const arm = config.arms[chain.arm]!;
  while (chain.phase !== 'done' && !isWaiting(chain, config)) {
    chain.open.push(...nextUnits(chain, arm, config));
    chain.round++;
    chain.since = null;
    prune(chain);
  }
}

/** When a generation, or the end of a tournament, goes on without those that are missing; null while too few have lived, or nothing waits. */
export function deadlineOf(chain: Chain, config: LitterConfig): number | null {
  const { phase, since, losses, champion } = chain;
  if (phase !== 'living' || since === null || config.arms[chain.arm]!.method === 'fomaml') return null;
  const isEnough = isTournament(chain, config)
    ? isAtItsEnd(chain, config) && champion.length > 0
    : Object.keys(losses).length >= config.quorum * config.population;
  return isEnough ? since + config.deadlineMs : null;
}

function nextUnits(chain: Chain, arm: ArmSpec, config: LitterConfig): Unit[] {
  const { phase } = chain;
  if (phase === 'testing') {
    chain.phase = 'done';
    return [];
  }
  if (phase === 'choosing') {
    choose(chain, arm);
    chain.phase = 'testing';
    return [curveOf(chain, 'test')];
  }
  if (arm.method === 'fomaml') return nextDescent(chain, arm);
  if (isTournament(chain, config)) return nextTournament(chain, arm, config);
  const isFirst = Object.keys(chain.losses).length === 0;
  if (!isFirst) {
    const isLast = arm.method === 'random' || chain.generation + 1 >= arm.generations;
    if (isLast) return beginChoice(chain, arm, config);
    select(chain, config);
  }
  const on = arm.method === 'random' ? 'choice' : chain.generation;
  return inLitters(chain.population, config.litter).map((genomes) => ({ what: 'litter', genomes, on }));
}

const inLitters = (ids: readonly number[], size: number): number[][] =>
  Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ids.slice(i * size, (i + 1) * size));

const ranked = (chain: Chain): number[] =>
  chain.population
    .filter((id) => chain.losses[id] !== undefined)
    .sort((a, b) => chain.losses[a]! - chain.losses[b]! || a - b);

/** Truncation: the best live on as parents, the very best also as it is; who has not lived in time dies. */
function select(chain: Chain, config: LitterConfig): void {
  const order = ranked(chain);
  const parents = order.slice(0, Math.max(1, Math.round(config.parents * config.population)));
  const children = Array.from({ length: config.population - 1 }, (_, i) =>
    born(chain, parents[i % parents.length]!, chain.generation),
  );
  chain.population = [order[0]!, ...children];
  chain.champion = [order[0]!];
  chain.losses = {};
  chain.generation++;
  if (chain.generation % config.curveEvery === 0) look(chain, config);
}

/** Work that is only looked at. */
function look(chain: Chain, { arms }: LitterConfig): void {
  chain.open.push(curveOf(chain, 'choice'));
  const [champion] = chain.champion;
  const genomes = [champion!, ...chain.population.filter((id) => id !== champion)];
  const isSeen = arms[chain.arm]!.domain === 'sinusoid';
  if (isSeen) chain.open.push({ what: 'portrait', genomes, generation: chain.generation });
}

/** A child of a genome that has lived in this generation. */
function born(chain: Chain, parent: number, generation: number): number {
  const id = chain.nextId++;
  chain.tree[id] = { parent, seed: id, born: generation };
  return id;
}

/** Pairs drawn anew in litters that do not wait for each other. One look at all of the population counts as a generation. */
function nextTournament(chain: Chain, arm: ArmSpec, config: LitterConfig): Unit[] {
  if (isAtItsEnd(chain, config)) return beginChoice(chain, arm, config);
  const { population, generation, seed } = chain;
  const drawn = population.map((id, place) => ({ id, at: mixed(seed, `${generation} ${place}`) }));
  const order = drawn.sort((a, b) => a.at - b.at).map(({ id }) => id);
  chain.generation++;
  if (chain.generation % config.curveEvery === 0 && chain.champion.length > 0) look(chain, config);
  return inLitters(order, config.litter).map((genomes) => ({ what: 'litter', genomes, on: generation }));
}

/**
 * The loser of each pair is overwritten by a child of the winner (the microbial algorithm), also in litters that nobody
 * has begun. Litters come in at any time: who was overwritten meanwhile fights no more.
 */
export function fight(chain: Chain, genomes: readonly number[], losses: readonly number[], generation: number): void {
  for (let i = 0; i + 1 < genomes.length; i += 2) {
    const pair = [genomes[i]!, genomes[i + 1]!] as const;
    if (!pair.every((id) => chain.population.includes(id))) continue;
    const [winner, loser] = losses[i]! <= losses[i + 1]! ? pair : [pair[1], pair[0]];
    const child = born(chain, winner, generation);
    const overwritten = (ids: readonly number[]) => ids.map((id) => (id === loser ? child : id));
    chain.population = overwritten(chain.population);
    chain.open = chain.open.map((unit) =>
      unit.what === 'litter' ? { ...unit, genomes: overwritten(unit.genomes) } : unit,
    );
    chain.losses[winner] = Math.min(losses[i]!, losses[i + 1]!);
    delete chain.losses[loser];
  }
  chain.champion = ranked(chain).slice(0, 1);
}

function beginChoice(chain: Chain, arm: ArmSpec, config: LitterConfig): Unit[] {
  chain.phase = 'choosing';
  if (arm.method === 'random') return [];
  const candidates = ranked(chain).slice(0, CANDIDATES);
  chain.losses = {};
  return inLitters(candidates, config.litter).map((genomes) => ({ what: 'litter', genomes, on: 'choice' }));
}

/** The candidate with the least loss; of random initial weights all with the best learning rate. */
function choose(chain: Chain, { method }: ArmSpec): void {
  if (method !== 'random') {
    chain.champion = ranked(chain).slice(0, 1);
    return;
  }
  const byRate = RATES.map((rate) => {
    const ids = chain.population.filter((id) => chain.tree[id]!.rate === rate && chain.losses[id] !== undefined);
    return { ids, loss: ids.reduce((sum, id) => sum + chain.losses[id]!, 0) / ids.length };
  });
  chain.champion = byRate.reduce((best, other) => (other.loss < best.loss ? other : best)).ids;
}

function nextDescent(chain: Chain, arm: ArmSpec): Unit[] {
  const from = chain.generation;
  if (from >= arm.generations) {
    chain.phase = 'testing';
    return [curveOf(chain, 'test')];
  }
  const to = Math.min(arm.generations, from + DESCENT_STEPS);
  return [{ what: 'descent', from, to, start: chain.descent }];
}

export const curveOf = (chain: Chain, on: 'choice' | 'test'): Unit => {
  const { champion, descent, generation, flops } = chain;
  return { what: 'curve', genomes: champion, start: descent, on, generation, flops };
};

/** Forgets whoever is not an ancestor of a genome that may still be asked for. */
function prune(chain: Chain): void {
  const wanted = new Set<number>();
  const units = [...chain.open, ...Object.values(chain.out)];
  const asked = units.flatMap((unit) => (unit.what === 'descent' ? [] : unit.genomes));
  for (const start of [...chain.population, ...chain.champion, ...asked])
    for (let id = start; id >= 0 && !wanted.has(id); id = chain.tree[id]!.parent) wanted.add(id);
  for (const id of Object.keys(chain.tree)) if (!wanted.has(Number(id))) delete chain.tree[Number(id)];
}
