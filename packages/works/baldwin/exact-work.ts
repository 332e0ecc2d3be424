import { exp, ln } from '@pathfold/tensors/plan/exact';
import { packFloats, unpackFloats } from '../exact/bytes.ts';
import type { ExactPart } from '../stages/exact-part.ts';
import { type DescentState, descend, firstDescent, INNER_RATE } from './exact-descent.ts';
import type { Genome } from './exact-genome.ts';
import { domainOf, World } from './exact-life.ts';
import { portraitOf } from './exact-portrait.ts';
import { amountOf, BaldwinTask } from './task.ts';

type Work = Generator<void, Uint8Array>;

export const baldwinPart: ExactPart<BaldwinTask> = {
  name: 'litter',
  Task: BaldwinTask,
  amountOf,
  blobsOf: (task) => ('start' in task ? [task.start] : []),
  work(task, [start = null], again) {
    switch (task.what) {
      case 'litter':
        return live(task, again ?? [...task.genomes.keys()]);
      case 'curve':
        return curve(task, start);
      case 'portrait':
        return portrait(task);
      case 'descent':
        return descent(task, start);
    }
  },
};

/** Losses of the genomes at these places. */
function* live(task: BaldwinTask & { what: 'litter' }, only: readonly number[]): Work {
  const world = new World(task);
  const situations = world.situations(task.on);
  const values: number[] = [];
  for (const genome of world.genomesOf(
    task.tree,
    only.map((place) => task.genomes[place]!),
  )) {
    values.push(world.lossOf(genome, situations));
    yield;
  }
  return encode(values);
}

function* curve(task: BaldwinTask & { what: 'curve' }, start: Uint8Array | null): Work {
  const world = new World(task);
  const situations = world.situations(task.on);
  const genomes = start ? [innate(task, start)] : world.genomesOf(task.tree, task.genomes);
  const sums = new Array<number>(task.lessons + 1).fill(0);
  for (const genome of genomes) {
    world.curveOf(genome, situations, task.lessons).forEach((loss, n) => {
      sums[n]! += loss / genomes.length;
    });
    yield;
  }
  return encode(sums);
}

function* portrait(task: BaldwinTask & { what: 'portrait' }): Work {
  const world = new World(task);
  const genomes = world.genomesOf(task.tree, task.genomes);
  yield;
  return encode([...genomes.map(({ logRate }) => exp(logRate)), ...portraitOf(task, genomes[0]!)]);
}

/** Initial weights that a descent came to, as a genome. */
function innate({ life }: BaldwinTask, state: Uint8Array): Genome {
  const { theta } = readDescent(life, state);
  return { weights: theta, logRate: ln(INNER_RATE), lessons: life.lessons, mask: null };
}

function* descent(task: BaldwinTask & { what: 'descent' }, start: Uint8Array | null): Work {
  const state = start ? readDescent(task.life, start) : firstDescent(task.life, task.seed);
  for (const _ of descend(task.life, task.seed, state, task)) yield;
  return packFloats([state.theta, state.m, state.v]);
}

/** Throws RangeError when the bytes are not as many. */
export function readDescent(life: BaldwinTask['life'], bytes: Uint8Array): DescentState {
  const { weightCount } = domainOf(life).shape;
  const [theta, m, v] = unpackFloats(bytes, [weightCount, weightCount, weightCount]);
  return { theta, m, v };
}

const encode = (values: readonly number[]): Uint8Array => new TextEncoder().encode(JSON.stringify({ values }));
