import type { ContributionFacts } from '@pathfold/coordination/work-plan';
import { eachArm, type Script } from '../stages/plan-script.ts';
import { type StagedState, stagedPlan } from '../stages/plan-staged.ts';
import { chartsOf } from './plan-charts.ts';
import {
  type Chain,
  CURVE_LESSONS,
  curveOf,
  deadlineOf,
  type Evolution,
  fight,
  isAside,
  isTournament,
  keepCurve,
  newEvolution,
  nextStage,
  type Part,
  runsAhead,
  treeOf,
} from './plan-state.ts';
import { amountOf, BaldwinConfig, type BaldwinTask } from './task.ts';

export { treeOf };
export type BaldwinState = StagedState<Evolution, Part>;

/**
 * Evolution. A lease holds genomes as lineages of seeds, the volunteer lives them, and selection happens
 * here, on their losses: generation by generation with a quorum, or by tournaments that wait for nobody before their end.
 */
const script: Script<BaldwinConfig, Evolution, Part> = {
  name: 'litter',
  study: 'baldwin',
  Config: BaldwinConfig,
  amountOf,
  flopsPerSecond: 5e8,
  chains: (config) => eachArm(config, (arm, seed) => newEvolution(config, arm, seed)),
  stage: nextStage,
  keyOf: ({ arms }, { arm, seed }, part) => `${arms[arm]!.name} ${seed} ${keyOf(part)}`,
  bodyOf,
  take,
  lost(chain, { what, lost }) {
    if (what.what === 'litter' && lost === 1) chain.lost++;
  },
  progress: (_config, { round }) => round,
  round(chains) {
    const going = chains.filter(({ isOver, units }) => !isOver || Object.keys(units).length > 0);
    return Math.min(...(going.length > 0 ? going : chains).map(({ round }) => round));
  },
  charts: chartsOf,
  isAside,
  runsAhead,
  deadline: deadlineOf,
  mayMiss: ({ what }) => what === 'litter',
  again: (part, { figures }, draw) => (part.what === 'litter' ? drawn(valuesOf(figures), draw) : []),
};

export const baldwinPlan = stagedPlan(script);

/** The same for a part that is given out again. */
function keyOf(part: Part): string {
  switch (part.what) {
    case 'litter':
      return `litter ${part.on} ${part.genomes[0]}`;
    case 'curve':
      return `curve ${part.on} ${part.generation}`;
    case 'portrait':
      return `portrait ${part.generation}`;
    case 'descent':
      return `steps ${part.from}`;
  }
}

function bodyOf({ arms, tasks, testTasks }: BaldwinConfig, chain: Evolution, part: Part, seed: number): BaldwinTask {
  const { name: _, generations: __, ...life } = arms[chain.arm]!;
  const { tree, places } = treeOf(chain, part.what === 'descent' ? [] : part.genomes);
  const common = { life, seed, tasks, testTasks, tree, genomes: places };
  const { lessons } = life;
  switch (part.what) {
    case 'litter':
      return { what: 'litter', ...common, on: part.on };
    case 'curve': {
      const { on, start } = part;
      return { what: 'curve', ...common, on, lessons: Math.max(CURVE_LESSONS, lessons), start };
    }
    case 'portrait':
      return { what: 'portrait', ...common, number: part.generation, lessons };
    case 'descent':
      return { what: 'descent', ...common, from: part.from, to: part.to, start: part.start };
  }
}

const valuesOf = (figures: Readonly<Record<string, number>>): number[] =>
  Array.from({ length: Object.keys(figures).length }, (_, place) => figures[place]!);

/** The fittest of a part, for which a lie would pay, and another. */
function drawn(values: readonly number[], draw: number): number[] {
  const fittest = values.indexOf(Math.min(...values));
  return [...new Set([fittest, draw % values.length])];
}

function take(
  config: BaldwinConfig,
  chain: Chain,
  { what: part, lost }: { readonly what: Part; readonly lost: number },
  { figures, sha256, bytes }: ContributionFacts,
): Part[] {
  const values = valuesOf(figures);
  const { flops } = amountOf(bodyOf(config, chain, part, 0));
  switch (part.what) {
    case 'curve':
      if (part.on === 'test') chain.test = values;
      else keepCurve(chain, { generation: part.generation, flops: part.flops, losses: values });
      return [];
    case 'portrait':
      chain.portrait = { generation: part.generation, genomes: part.genomes.length, values };
      return [];
    case 'descent':
      chain.descent = { sha256, bytes };
      chain.generation = part.to;
      chain.flops += flops;
      return [curveOf(chain, 'choice')];
    case 'litter':
      chain.flops += flops;
      if (lost > 0) chain.relived++;
      if (isTournament(chain, config) && part.on !== 'choice') fight(chain, part.genomes, values, part.on);
      else
        part.genomes.forEach((id, i) => {
          chain.losses[id] = values[i]!;
        });
      return [];
  }
}
