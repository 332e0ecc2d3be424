import type { Chart } from '@pathfold/protocol/study-spec';
import type { Evolution } from './plan-state.ts';
import { type BaldwinConfig, PORTRAIT_INPUTS } from './task.ts';

type Point = [number, number];

/** Lifetimes of one generation's champion after another, what the losses cost, and a portrait of the first population. */
export function chartsOf({ arms }: BaldwinConfig, chains: readonly Evolution[]): Chart[] {
  const shown = chains.filter(({ curves }) => curves.length > 0);
  const lifetimes = shown.flatMap(({ arm, seed, curves }) =>
    curves.map(({ generation, losses }) => ({
      label: `${arms[arm]!.name}, seed ${seed}, generation ${generation}`,
      group: `${arm} ${seed}`,
      points: losses.map((loss, lesson): Point => [lesson, loss]),
    })),
  );
  const costs = shown.map(({ arm, seed, curves }) => ({
    label: `${arms[arm]!.name}, seed ${seed}`,
    group: `${arm} ${seed}`,
    points: curves.map(({ flops, losses }): Point => [flops, losses[arms[arm]!.lessons] ?? losses.at(-1)!]),
  }));
  const seen = chains.find(({ portrait }) => portrait !== null);
  return [
    { title: 'Loss over the lessons of a lifetime', ...lostInWords(chains), x: 'lessons', y: 'loss', lines: lifetimes },
    { title: 'Loss at the end of a lifetime', x: 'operations', y: 'loss', lines: costs },
    ...(seen ? portraitOf(seen, arms[seen.arm]!.name) : []),
  ];
}

/** The fate of parts whose volunteer went away. */
function lostInWords(chains: readonly Evolution[]): Pick<Chart, 'note'> {
  const [lost, relived] = (['lost', 'relived'] as const).map((which) =>
    chains.reduce((sum, chain) => sum + (chain[which] ?? 0), 0),
  ) as [number, number];
  if (lost === 0) return {};
  const litters = lost === 1 ? '1 litter was lost' : `${lost} litters were lost`;
  return { note: `${litters}${relived === lost ? ' and lived again.' : `, ${relived} of them lived again.`}` };
}

function portraitOf(chain: Evolution, name: string): Chart[] {
  const { generation, genomes, values } = chain.portrait!;
  const whose = `${name}, seed ${chain.seed}, generation ${generation}`;
  const points = PORTRAIT_INPUTS.length;
  const curve = (from: number) =>
    values.slice(from, from + points).map((value, i): Point => [PORTRAIT_INPUTS[i]!, value]);
  const frames = Array.from({ length: Math.max(0, (values.length - genomes) / points - 1) }, (_, lesson) => ({
    label: lesson === 0 ? 'at birth' : `after ${lesson} ${lesson === 1 ? 'lesson' : 'lessons'}`,
    group: 'champion',
    points: curve(genomes + (lesson + 1) * points),
  }));
  const target = { label: 'the sinusoid', group: 'target', points: curve(genomes) };
  const counts = ratesOf(values.slice(0, genomes));
  return [
    {
      title: `A champion learns a new sinusoid (${whose})`,
      as: 'frames',
      x: 'input',
      y: 'answer',
      lines: [target, ...frames],
    },
    {
      title: `Evolved learning rates (${whose})`,
      as: 'bars',
      x: 'power of ten',
      y: 'genomes',
      lines: [{ label: 'genomes', group: 'rates', points: counts }],
    },
    {
      title: `Family tree (${name}, seed ${chain.seed})`,
      as: 'tree',
      x: 'lineages',
      y: 'generation',
      lines: treeOf(chain),
    },
  ];
}

const [LEAST_POWER, BARS] = [-4, 16];

/** Genomes by the power of ten of their learning rate, from 0.0001 to 1. */
function ratesOf(rates: readonly number[]): Point[] {
  const width = -LEAST_POWER / BARS;
  const counts = new Array<number>(BARS).fill(0);
  for (const rate of rates)
    counts[Math.max(0, Math.min(BARS - 1, Math.floor((Math.log10(rate) - LEAST_POWER) / width)))]!++;
  return counts.map((count, i) => [LEAST_POWER + (i + 0.5) * width, count]);
}

/** Generations of the tree that are drawn. */
const MOST_GENERATIONS = 16;

/** Branches from parent to child, the living at the end; the champion's own line is a group of its own, and last. */
function treeOf({ tree, champion, generation }: Evolution): Chart['lines'] {
  const first = generation - MOST_GENERATIONS;
  const bornIn = (id: number): number => (tree[id]!.parent < 0 ? 0 : tree[id]!.born + 1);
  const ids = Object.keys(tree)
    .map(Number)
    .filter((id) => bornIn(id) >= first);
  const children = new Map<number, number[]>();
  for (const id of ids) children.set(tree[id]!.parent, [...(children.get(tree[id]!.parent) ?? []), id]);
  const across = new Map<number, number>();
  let leaves = 0;
  const place = (id: number): number => {
    const places = (children.get(id) ?? []).map(place);
    const at = places.length > 0 ? places.reduce((sum, one) => sum + one, 0) / places.length : leaves++;
    across.set(id, at);
    return at;
  };
  const drawn = new Set(ids);
  for (const id of ids) if (!drawn.has(tree[id]!.parent)) place(id);
  const line = new Set<number>();
  for (let id = champion[0] ?? -1; id >= 0 && tree[id]; id = tree[id]!.parent) line.add(id);
  const branches = ids
    .filter((id) => drawn.has(tree[id]!.parent))
    .map((id) => {
      const { parent } = tree[id]!;
      const points: Point[] = [parent, id].map((one) => [across.get(one)!, bornIn(one)]);
      return { label: `${parent} to ${id}`, group: line.has(id) ? 'champion' : 'others', points };
    });
  return branches.sort((a, b) => Number(a.group === 'champion') - Number(b.group === 'champion'));
}
