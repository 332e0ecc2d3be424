import type { Chart } from '@pathfold/protocol/study-spec';
import type { Chain } from './plan-state.ts';
import type { LitterConfig } from './task.ts';

/** Lifetimes of one generation's champion after another, and what the losses cost. */
export function chartsOf(chains: readonly Chain[], { arms }: LitterConfig): Chart[] {
  const shown = chains.filter(({ curves }) => curves.length > 0);
  const lifetimes = shown.flatMap(({ arm, seed, curves }) =>
    curves.map(({ generation, losses }) => ({
      label: `${arms[arm]!.name}, seed ${seed}, generation ${generation}`,
      group: `${arm} ${seed}`,
      points: losses.map((loss, lesson): [number, number] => [lesson, loss]),
    })),
  );
  const costs = shown.map(({ arm, seed, curves }) => ({
    label: `${arms[arm]!.name}, seed ${seed}`,
    group: `${arm} ${seed}`,
    points: curves.map(({ flops, losses }): [number, number] => [flops, losses[arms[arm]!.lessons] ?? losses.at(-1)!]),
  }));
  return [
    { title: 'Loss over the lessons of a lifetime', x: 'lessons', y: 'loss', lines: lifetimes },
    { title: 'Loss at the end of a lifetime', x: 'operations', y: 'loss', lines: costs },
  ];
}
