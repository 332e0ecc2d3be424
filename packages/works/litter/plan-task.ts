import type { Json, RunFacts, Task } from '@pathfold/coordination/work-plan';
import { type Chain, CURVE_LESSONS, type Unit } from './plan-state.ts';
import { examplesOf, flopsOf, type LitterConfig, type LitterTask } from './task.ts';

/** Multiplications and additions a second that a lease's time allows for. */
const SLOWEST = 5e7;
const EXPECTED = 5e8;
const TRAVEL_MS = 60_000;

/** What a lease asks for. */
export function bodyOf(chain: Chain, unit: Unit, config: LitterConfig, run: RunFacts): LitterTask {
  const { name: _, generations: __, ...life } = config.arms[chain.arm]!;
  const { tree, places } = treeOf(chain, unit.what === 'descent' ? [] : unit.genomes);
  const { tasks, testTasks } = config;
  const common = { life, seed: (run.spec.seed + 7919 * chain.seed) >>> 0, tasks, testTasks, tree, genomes: places };
  switch (unit.what) {
    case 'litter':
      return { what: 'litter', ...common, on: unit.on };
    case 'curve':
      return {
        what: 'curve',
        ...common,
        on: unit.on,
        lessons: Math.max(CURVE_LESSONS, life.lessons),
        start: unit.start,
      };
    case 'portrait':
      return { what: 'portrait', ...common, number: unit.generation, lessons: life.lessons };
    case 'descent':
      return { what: 'descent', ...common, from: unit.from, to: unit.to, start: unit.start };
  }
}

/** The part of the family tree that these genomes grow on, and their places in it. */
export function treeOf(chain: Chain, genomes: readonly number[]): { tree: LitterTask['tree']; places: number[] } {
  const wanted = new Set<number>();
  for (const start of genomes)
    for (let id = start; id >= 0 && !wanted.has(id); id = chain.tree[id]!.parent) wanted.add(id);
  const ids = [...wanted].sort((a, b) => a - b);
  const place = new Map(ids.map((id, i) => [id, i]));
  const tree = ids.map((id) => ({ ...chain.tree[id]!, parent: place.get(chain.tree[id]!.parent) ?? -1 }));
  return { tree, places: genomes.map((id) => place.get(id)!) };
}

export function taskOf(chain: Chain, unit: Unit, config: LitterConfig, run: RunFacts): Task {
  const body = bodyOf(chain, unit, config, run);
  const { forward, gradient } = examplesOf(body);
  const flops = flopsOf(body);
  const state = unit.what === 'descent' ? 65_536 + 12 * 4 * 1761 : 0;
  return {
    key: `${config.arms[chain.arm]!.name} ${chain.seed} ${keyOf(unit)}`,
    body: body as Json,
    steps: unit.what === 'descent' ? unit.to - unit.from : Math.max(1, unit.genomes.length),
    tokens: forward + gradient,
    flops,
    durationMs: Math.ceil((1000 * flops) / SLOWEST) + TRAVEL_MS,
    expectedMs: Math.ceil((1000 * flops) / EXPECTED),
    priority: 0,
    maxPayloadBytes: 65_536 + state,
    path: null,
  };
}

/** The same for a litter that is given out again. */
function keyOf(unit: Unit): string {
  switch (unit.what) {
    case 'litter':
      return `litter ${unit.on} ${unit.genomes[0]}`;
    case 'curve':
      return `curve ${unit.on} ${unit.generation}`;
    case 'portrait':
      return `portrait ${unit.generation}`;
    case 'descent':
      return `steps ${unit.from}`;
  }
}
