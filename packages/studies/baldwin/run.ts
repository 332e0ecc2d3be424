import type { Json } from '@pathfold/coordination/work-plan';
import { exp } from '@pathfold/tensors/plan/exact';
import { World } from '@pathfold/works/baldwin/exact-life';
import { baldwinFold as litterFold } from '@pathfold/works/baldwin/fold';
import { type BaldwinState, baldwinPlan as litterPlan, treeOf } from '@pathfold/works/baldwin/plan';
import { baldwinRun as litterRun } from '@pathfold/works/baldwin/run';
import type { BaldwinConfig } from '@pathfold/works/baldwin/task';
import type { LaboratoryKind } from '../laboratory/kind.ts';
import { playStudy } from '../laboratory/study-lab.ts';
import type { Result } from '../results.ts';

/** The names of this file's values are part of the keys of results (decision 0024): they stay. */
const litter: LaboratoryKind = { plan: litterPlan as LaboratoryKind['plan'], fold: litterFold, runOf: () => litterRun };

/** One arm with one seed, played on the network's minds in virtual time. */
export async function runArm(config: BaldwinConfig, seed: number, say: (text: string) => void): Promise<Result> {
  const arm = config.arms[0]!;
  let told = 0;
  const { state } = await playStudy<BaldwinState>({
    kind: litter,
    name: 'baldwin',
    config: config as unknown as Json,
    seed,
    onEvent(_, { chains: [chain] }) {
      if (chain!.curves.length === told) return;
      told = chain!.curves.length;
      const { generation, losses } = chain!.curves.at(-1)!;
      say(`generation ${generation}: ${losses.map((loss) => loss.toFixed(2)).join(' ')}`);
    },
  });
  const chain = state.chains[0]!;
  const test = chain.test!;
  const figures: Record<string, number> = { flops: chain.flops, least: Math.min(...test) };
  test.forEach((loss, n) => {
    figures[`loss ${n}`] = loss;
  });
  figures['final'] = test[arm.lessons]!;
  chain.curves.forEach(({ flops, losses }, i) => {
    figures[`flops of curve ${i}`] = flops;
    figures[`loss of curve ${i}`] = losses[arm.lessons]!;
  });
  if (chain.champion.length > 0) {
    const { tree, places } = treeOf(chain, chain.champion.slice(0, 1));
    const { name: _, generations: __, ...life } = arm;
    const world = new World({ life, seed, tasks: config.tasks, testTasks: config.testTasks });
    const [{ logRate, lessons, mask }] = world.genomesOf(tree, places) as [ReturnType<World['genomesOf']>[0] & object];
    figures['rate'] = exp(logRate);
    figures['lessons'] = lessons;
    if (mask) figures['frozen'] = 1 - mask.reduce((sum, bit) => sum + bit, 0) / mask.length;
  }
  const lifetimes = chain.curves.map(
    ({ generation, losses }) => [`generation ${generation}`, curveOf(losses)] as const,
  );
  return {
    figures,
    curves: {
      test: curveOf(test),
      progress: chain.curves.map(({ flops, losses }) => [flops, losses[arm.lessons]!] as const),
      ...Object.fromEntries(lifetimes),
    },
  };
}

const curveOf = (losses: readonly number[]) => losses.map((loss, n) => [n, loss] as const);
