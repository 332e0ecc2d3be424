import { seedFor } from '@pathfold/nets/random';
import { exp } from '@pathfold/tensors/plan/exact';
import { Net } from '../exact/net.ts';
import { type Genome, mutate, rootGenome } from './exact-genome.ts';
import { pointMass } from './exact-point-mass.ts';
import { type Domain, type Situation, sinusoid } from './exact-sinusoid.ts';
import type { BaldwinTask, LifeSpec, TreeNode } from './task.ts';

/** Loss instead of one that is not a number or beyond it. */
const WORST = 1e6;

export const domainOf = ({ domain }: LifeSpec): Domain => (domain === 'sinusoid' ? sinusoid : pointMass);

/** The tasks of a generation, or a set that no generation sees. */
type SetName = number | 'choice' | 'test';

/** One arm with one seed: lives genomes, and grows them from their lineage. */
export class World {
  readonly #life: LifeSpec;
  readonly #seed: number;
  readonly #tasks: number;
  readonly #testTasks: number;
  readonly #net: Net;
  readonly #sets = new Map<SetName, Situation[]>();

  constructor({ life, seed, tasks, testTasks }: Pick<BaldwinTask, 'life' | 'seed' | 'tasks' | 'testTasks'>) {
    this.#life = life;
    this.#seed = seed;
    this.#tasks = tasks;
    this.#testTasks = testTasks;
    this.#net = new Net(domainOf(life).shape);
  }

  situations(set: SetName): Situation[] {
    const { situation } = domainOf(this.#life);
    const count = typeof set === 'number' ? this.#tasks : this.#testTasks;
    const drawn =
      this.#sets.get(set) ?? Array.from({ length: count }, (_, i) => situation(seedFor(this.#seed, `${set} ${i}`)));
    this.#sets.set(set, drawn);
    return drawn;
  }

  /** Mean loss after learning, and the price of the lessons; the fitness is its negative. */
  lossOf(genome: Genome, situations: readonly Situation[]): number {
    const lessons = this.#life.method === 'darwin' ? 0 : genome.lessons;
    let sum = 0;
    for (const situation of situations) {
      this.#learn(genome, situation, 0, lessons);
      sum += situation.lossOf(this.#net);
    }
    return finite(sum / situations.length + (this.#life.evolveLessons ? this.#life.price * lessons : 0));
  }

  /** Mean loss after 0, 1, ... `lessons` lessons. */
  curveOf(genome: Genome, situations: readonly Situation[], lessons: number): number[] {
    const sums = new Array<number>(lessons + 1).fill(0);
    for (const situation of situations)
      for (let n = 0; n <= lessons; n++) {
        if (n === 0) this.#learn(genome, situation, 0, 0);
        else this.#learn(genome, situation, n - 1, n);
        sums[n]! += situation.lossOf(this.#net);
      }
    return sums.map((sum) => finite(sum / situations.length));
  }

  /** Genomes of a tree at these places, by repeating every mutation on the way to them. */
  genomesOf(tree: readonly TreeNode[], places: readonly number[]): Genome[] {
    const wanted = new Set(places);
    for (let place = tree.length - 1; place >= 0; place--)
      if (wanted.has(place) && tree[place]!.parent >= 0) wanted.add(tree[place]!.parent);
    const keys: string[] = [];
    const grown: Genome[] = [];
    const origin = `${JSON.stringify(this.#life)} ${this.#seed} ${this.#tasks}`;
    tree.forEach((node, place) => {
      const key = `${keys[node.parent] ?? origin}/${node.seed},${node.born},${node.rate ?? ''}`;
      keys[place] = `${seedFor(1, key)}.${seedFor(2, key)}`;
    });
    for (const place of [...wanted].sort((a, b) => a - b))
      grown[place] = remembered(keys[place]!, () => this.#grow(tree[place]!, grown[tree[place]!.parent]));
    return places.map((place) => grown[place]!);
  }

  #grow(node: TreeNode, parent: Genome | undefined): Genome {
    const seed = seedFor(this.#seed, `genome ${node.seed}`);
    if (!parent) return rootGenome(this.#life, this.#net.shape, seed, node.rate);
    return mutate(this.#life, this.#life.method === 'lamarck' ? this.#taught(parent, node.born) : parent, seed);
  }

  /** Lamarck: the genome with what it learnt, as the mean over the tasks of that generation. */
  #taught(genome: Genome, generation: number): Genome {
    const situations = this.situations(generation);
    const mean = new Float64Array(genome.weights.length);
    for (const situation of situations) {
      this.#learn(genome, situation, 0, genome.lessons);
      for (let i = 0; i < mean.length; i++) mean[i]! += this.#net.weights[i]!;
    }
    return { ...genome, weights: Float32Array.from(mean, (sum) => sum / situations.length) };
  }

  /** Lessons `from` up to `to`; from the first one, the net begins with the inherited weights. */
  #learn(genome: Genome, situation: Situation, from: number, to: number): void {
    const [net, life] = [this.#net, this.#life];
    if (from === 0) net.weights.set(genome.weights);
    for (let lesson = from; lesson < to; lesson++) teach(net, life, genome, situation, lesson);
  }
}

/** One lesson of a lifetime. */
export function teach(net: Net, { rule }: LifeSpec, { logRate, mask }: Genome, { learn }: Situation, lesson: number) {
  learn(net, lesson);
  if (mask) for (let i = 0; i < mask.length; i++) net.gradient[i]! *= mask[i]!;
  if (rule === 'gradient') net.descendClipped(exp(logRate));
  else {
    for (let i = 0; i < net.gradient.length; i++) net.gradient[i] = Math.sign(net.gradient[i]!);
    net.descend(exp(logRate));
  }
}

const finite = (loss: number): number => (Number.isFinite(loss) && loss < WORST ? loss : WORST);

/** Genomes grown lately, oldest first: children are asked for soon after their parents. */
const MOST_REMEMBERED = 1500;
const memory = new Map<string, Genome>();

function remembered(key: string, grow: () => Genome): Genome {
  const genome = memory.get(key) ?? grow();
  memory.delete(key);
  memory.set(key, genome);
  if (memory.size > MOST_REMEMBERED) memory.delete(memory.keys().next().value!);
  return genome;
}
