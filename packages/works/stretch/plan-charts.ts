import type { Chart } from '@pathfold/protocol/study-spec';
import type { Chain } from './plan-state.ts';
import type { StretchConfig } from './task.ts';

type Point = [number, number];

/** The numbers that follow a word in the names of figures, each with its value. */
const told = (figures: Readonly<Record<string, number>>, word: string): Point[] =>
  Object.entries(figures)
    .filter(([name]) => name.startsWith(`${word} `))
    .map(([name, value]): Point => [Number(name.slice(word.length + 1)), value]);

/** How each stream goes, the end of it batch by batch with its switches, and the contexts that were inferred there. */
export function chartsOf(chains: readonly Chain[], { arms }: StretchConfig): Chart[] {
  const means = chains.flatMap(({ arm, seed, segments }) =>
    segments.map(({ stretches }, segment) => ({
      label: `${arms[arm]!.name}, seed ${seed}${segments.length > 1 ? `, segment ${segment}` : ''}`,
      group: `${arm} ${seed} ${segment}`,
      points: stretches.map(({ to, loss }): Point => [to, loss]),
    })),
  );
  const charts: Chart[] = [
    { title: 'Loss before learning, mean over a stretch', x: 'batch', y: 'squared error', lines: means },
  ];
  const first = chains.find(({ segments }) => segments[0]!.seen !== null);
  if (!first) return charts;
  const whose = `${arms[first.arm]!.name}, seed ${first.seed}`;
  const seen = first.segments[0]!.seen!;
  charts.push({
    title: `The stream with its switches, which nobody announces (${whose})`,
    x: 'batch',
    y: 'squared error',
    lines: [{ label: whose, group: 'loss', points: told(seen, 'batch') }],
    marks: told(seen, 'switch').map(([at]) => at),
  });
  const contextual = chains.find(({ segments }) => segments[0]!.seen?.['context 0 x'] !== undefined);
  if (contextual) charts.push(contextsOf(contextual, `${arms[contextual.arm]!.name}, seed ${contextual.seed}`));
  return charts;
}

/** Contexts, a group a task: the colours are the onlooker's, the learner was told none. */
function contextsOf({ segments }: Chain, whose: string): Chart {
  const seen = segments[0]!.seen!;
  const points = new Map<number, Point[]>();
  for (let i = 0; seen[`context ${i} task`] !== undefined; i++) {
    const task = seen[`context ${i} task`]!;
    points.set(task, [...(points.get(task) ?? []), [seen[`context ${i} x`]!, seen[`context ${i} y`]!]]);
  }
  const lines = [...points]
    .sort(([a], [b]) => a - b)
    .map(([task, places]) => ({ label: `task ${task + 1}`, group: String(task), points: places }));
  const [x, y] = ['first principal component', 'second'];
  return { title: `Inferred contexts, coloured by task afterwards (${whose})`, as: 'dots', x, y, lines };
}
