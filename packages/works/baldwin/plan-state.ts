import type { BlobRef } from '@pathfold/protocol/blob';
import { leastMissed } from '@pathfold/protocol/thin-chart';
import { mixed } from '../queue/audits.ts';
import { isOpen } from '../queue/unit.ts';
import type { Chain as Staged } from '../stages/plan-script.ts';
import type { ArmSpec, BaldwinConfig, BaldwinTask, TreeNode } from './task.ts';

/** The work of one lease for a chain. Genomes by id. */
export type Part =
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
export interface Evolution {
  readonly arm: number;
  readonly seed: number;
  /** `choosing`: the champion, on tasks that no generation saw; `testing`: it, on others still. */
  phase: 'living' | 'choosing' | 'testing' | 'done';
  generation: number;
  /** Ancestors of all that are needed, by id. Ids count up: parents before children. */
  readonly tree: Record<number, TreeNode>;
  nextId: number;
  population: number[];
  /** Losses of this generation; in a tournament the last that are known. */
  losses: Record<number, number>;
  /** Spent on finding the champion, evaluations aside. */
  flops: number;
  /** Parts of a generation whose lease ended without an answer, and those of them that were lived again. */
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
export type Chain = Evolution & Staged<Part>;

/** Learning rates that `random` chooses among, and outer steps of one lease of `fomaml`. */
export const RATES = [0.003, 0.01, 0.03, 0.1, 0.3] as const;
export const DESCENT_STEPS = 200;
/** Genomes of the last generation among which the champion is chosen. */
const CANDIDATES = 8;
/** Lessons in the curves at least. */
export const CURVE_LESSONS = 10;

/** Curves that are kept of a chain. */
export const MOST_CURVES = 64;

/** One more curve; where they are too many, the one that is missed the least goes. */
export function keepCurve(chain: Evolution, curve: Curve): void {
  chain.curves.push(curve);
  if (chain.curves.length > MOST_CURVES) chain.curves.splice(leastMissed(chain.curves.map((one) => one.generation)), 1);
}

export function newEvolution(config: BaldwinConfig, arm: number, seed: number): Evolution {
  const { method } = config.arms[arm]!;
  const chain: Evolution = {
    ...{ arm, seed, phase: 'living', generation: 0, flops: 0, lost: 0, relived: 0 },
    ...{ tree: {}, nextId: 0, population: [], losses: {}, champion: [], descent: null },
    ...{ curves: [], portrait: null, test: null },
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

/** The next stage does not wait for what is only looked at on the way. */
export const isAside = (part: Part): boolean =>
  part.what === 'portrait' || (part.what === 'curve' && part.on === 'choice');

/** Pairs fight, and nobody waits for anybody. */
export const isTournament = ({ arm }: Evolution, { arms, selection }: BaldwinConfig): boolean =>
  selection === 'tournament' && ['baldwin', 'lamarck', 'darwin'].includes(arms[arm]!.method);

/** All parts of its last generation are laid out. */
const isAtItsEnd = ({ arm, generation }: Evolution, { arms }: BaldwinConfig): boolean =>
  generation >= arms[arm]!.generations;

/** A tournament, up to its end, waits only until its parts are taken up. */
export const runsAhead = (config: BaldwinConfig, chain: Evolution): boolean =>
  isTournament(chain, config) && chain.phase === 'living' && !isAtItsEnd(chain, config);

/** When a generation, or the end of a tournament, goes on without those that are missing; null while too few have lived, or nothing waits. */
export function deadlineOf(config: BaldwinConfig, chain: Chain): number | null {
  const { phase, losses, champion } = chain;
  const since = isTournament(chain, config) ? chain.last : chain.since;
  if (phase !== 'living' || since === null || config.arms[chain.arm]!.method === 'fomaml') return null;
  const isEnough = isTournament(chain, config)
    ? isAtItsEnd(chain, config) && champion.length > 0
    : Object.keys(losses).length >= config.quorum * config.population;
  return isEnough ? since + config.deadlineMs : null;
}

/** The next stage: a generation, a tournament, a descent, or what follows the last one; null at the end. */
export function nextStage(config: BaldwinConfig, chain: Chain): Part[] | null {
  const parts = nextParts(chain, config.arms[chain.arm]!, config);
  prune(chain);
  return parts;
}

function nextParts(chain: Chain, arm: ArmSpec, config: BaldwinConfig): Part[] | null {
  const { phase } = chain;
  if (phase === 'testing') {
    chain.phase = 'done';
    return null;
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
  const looks = isFirst ? [] : look(chain, config);
  return [...looks, ...livesOf(chain.population, config, on)];
}

const livesOf = (ids: readonly number[], { litter: size }: BaldwinConfig, on: number | 'choice'): Part[] =>
  Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ({
    ...{ what: 'litter', on },
    genomes: ids.slice(i * size, (i + 1) * size),
  }));

const ranked = (chain: Evolution): number[] =>
  chain.population
    .filter((id) => chain.losses[id] !== undefined)
    .sort((a, b) => chain.losses[a]! - chain.losses[b]! || a - b);

/** Truncation: the best live on as parents, the very best also as it is; who has not lived in time dies. */
function select(chain: Evolution, config: BaldwinConfig): void {
  const order = ranked(chain);
  const parents = order.slice(0, Math.max(1, Math.round(config.parents * config.population)));
  const children = Array.from({ length: config.population - 1 }, (_, i) =>
    born(chain, parents[i % parents.length]!, chain.generation),
  );
  chain.population = [order[0]!, ...children];
  chain.champion = [order[0]!];
  chain.losses = {};
  chain.generation++;
}

/** Now and then, work that is only looked at. */
function look(chain: Evolution, { arms, curveEvery }: BaldwinConfig): Part[] {
  const { generation, population } = chain;
  const [champion] = chain.champion;
  if (generation % curveEvery !== 0 || champion === undefined) return [];
  const genomes = [champion, ...population.filter((id) => id !== champion)];
  const isSeen = arms[chain.arm]!.domain === 'sinusoid';
  return [curveOf(chain, 'choice'), ...(isSeen ? [{ what: 'portrait', genomes, generation } as const] : [])];
}

/** A child of a genome that has lived in this generation. */
function born(chain: Evolution, parent: number, generation: number): number {
  const id = chain.nextId++;
  chain.tree[id] = { parent, seed: id, born: generation };
  return id;
}

/** Pairs drawn anew in parts that do not wait for each other. One look at all of the population counts as a generation. */
function nextTournament(chain: Evolution, arm: ArmSpec, config: BaldwinConfig): Part[] {
  if (isAtItsEnd(chain, config)) return beginChoice(chain, arm, config);
  const { population, generation, seed } = chain;
  const drawn = population.map((id, place) => ({ id, at: mixed(seed, `${generation} ${place}`) }));
  const order = drawn.sort((a, b) => a.at - b.at).map(({ id }) => id);
  chain.generation++;
  return [...look(chain, config), ...livesOf(order, config, generation)];
}

/**
 * The loser of each pair is overwritten by a child of the winner (the microbial algorithm), also in parts that nobody
 * has begun. Parts come in at any time: who was overwritten meanwhile fights no more.
 */
export function fight(chain: Chain, genomes: readonly number[], losses: readonly number[], generation: number): void {
  for (let i = 0; i + 1 < genomes.length; i += 2) {
    const pair = [genomes[i]!, genomes[i + 1]!] as const;
    if (!pair.every((id) => chain.population.includes(id))) continue;
    const [winner, loser] = losses[i]! <= losses[i + 1]! ? pair : [pair[1], pair[0]];
    const child = born(chain, winner, generation);
    const overwritten = (ids: readonly number[]) => ids.map((id) => (id === loser ? child : id));
    chain.population = overwritten(chain.population);
    for (const unit of Object.values(chain.units))
      if (isOpen(unit) && unit.what.what === 'litter')
        unit.what = { ...unit.what, genomes: overwritten(unit.what.genomes) };
    chain.losses[winner] = Math.min(losses[i]!, losses[i + 1]!);
    delete chain.losses[loser];
  }
  chain.champion = ranked(chain).slice(0, 1);
}

function beginChoice(chain: Evolution, arm: ArmSpec, config: BaldwinConfig): Part[] {
  chain.phase = 'choosing';
  if (arm.method === 'random') return [];
  const candidates = ranked(chain).slice(0, CANDIDATES);
  chain.losses = {};
  return livesOf(candidates, config, 'choice');
}

/** The candidate with the least loss; of random initial weights all with the best learning rate. */
function choose(chain: Evolution, { method }: ArmSpec): void {
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

function nextDescent(chain: Evolution, arm: ArmSpec): Part[] {
  const from = chain.generation;
  if (from >= arm.generations) {
    chain.phase = 'testing';
    return [curveOf(chain, 'test')];
  }
  const to = Math.min(arm.generations, from + DESCENT_STEPS);
  return [{ what: 'descent', from, to, start: chain.descent }];
}

export const curveOf = (chain: Evolution, on: 'choice' | 'test'): Part => {
  const { champion, descent, generation, flops } = chain;
  return { what: 'curve', genomes: champion, start: descent, on, generation, flops };
};

/** Forgets whoever is not an ancestor of a genome that may still be asked for. */
function prune(chain: Chain): void {
  const asked = Object.values(chain.units).flatMap(({ what }) => ('genomes' in what ? what.genomes : []));
  const wanted = withAncestors(chain, [...chain.population, ...chain.champion, ...asked]);
  for (const id of Object.keys(chain.tree)) if (!wanted.has(Number(id))) delete chain.tree[Number(id)];
}

function withAncestors({ tree }: Evolution, genomes: readonly number[]): Set<number> {
  const all = new Set<number>();
  for (const start of genomes) for (let id = start; id >= 0 && !all.has(id); id = tree[id]!.parent) all.add(id);
  return all;
}

/** The part of the family tree that these genomes grow on, and their places in it. */
export function treeOf(chain: Evolution, genomes: readonly number[]): { tree: BaldwinTask['tree']; places: number[] } {
  const ids = [...withAncestors(chain, genomes)].sort((a, b) => a - b);
  const place = new Map(ids.map((id, i) => [id, i]));
  const tree = ids.map((id) => ({ ...chain.tree[id]!, parent: place.get(chain.tree[id]!.parent) ?? -1 }));
  return { tree, places: genomes.map((id) => place.get(id)!) };
}
