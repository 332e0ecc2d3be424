import type { Chart } from '@pathfold/protocol/study-spec';
import type { Stream } from './plan-state.ts';
import type { WhatAndHowConfig } from './task.ts';

type Point = [number, number];
type Seen = Readonly<Record<string, number>>;

/** The numbers that follow a word in the names of figures, each with its value. */
const told = (figures: Seen, word: string): Point[] =>
  Object.entries(figures)
    .filter(([name]) => name.startsWith(`${word} `))
    .map(([name, value]): Point => [Number(name.slice(word.length + 1)), value])
    .sort(([a], [b]) => a - b);

/**
 * How each stream goes; of the first one the end batch by batch with its switches, the sinusoid that is learnt there, and
 * the contexts and gates that were inferred.
 */
export function chartsOf({ arms }: WhatAndHowConfig, chains: readonly Stream[]): Chart[] {
  const means = chains.flatMap(({ arm, seed, segments }) =>
    segments.map(({ past, stretches }, segment) => ({
      label: `${arms[arm]!.name}, seed ${seed}${segments.length > 1 ? `, segment ${segment}` : ''}`,
      group: `${arm} ${seed} ${segment}`,
      points: [...(past?.means ?? []), ...stretches.map(({ to, loss }): Point => [to, loss])],
    })),
  );
  const axes = { x: 'batch', y: 'squared error' };
  const charts: Chart[] = [
    { title: 'Loss before learning, mean over a stretch', ...lostInWords(chains), ...axes, lines: means },
  ];
  const first = chains.find(({ segments }) => segments[0]!.seen !== null);
  if (!first) return charts;
  const named = ({ arm, seed }: Stream) => `${arms[arm]!.name}, seed ${seed}`;
  const whose = named(first);
  const seen = first.segments[0]!.seen!;
  charts.push({
    title: `The stream with its switches, which nobody announces (${whose})`,
    ...axes,
    lines: [{ label: whose, group: 'loss', points: told(seen, 'batch') }],
    marks: told(seen, 'switch').map(([at]) => at),
  });
  if (told(seen, 'target').length > 0) charts.push(sinusoidOf(seen, whose));
  const contextual = chains.find(({ segments }) => segments[0]!.seen?.['context 0 x'] !== undefined);
  for (const draw of [contextsOf, gatesOf])
    if (contextual) charts.push(draw(contextual.segments[0]!.seen!, named(contextual)));
  return charts;
}

/** The fate of parts whose volunteer went away. */
function lostInWords(chains: readonly Stream[]): Pick<Chart, 'note'> {
  const lost = chains.reduce((sum, chain) => sum + chain.lost, 0);
  if (lost === 0) return {};
  return {
    note: `${lost} ${lost === 1 ? 'lease of a stretch was' : 'leases of stretches were'} lost: each stretch begins again from its cursor.`,
  };
}

/** The sinusoid of the newest task, and what the learner answers to it now. */
function sinusoidOf(seen: Seen, whose: string): Chart {
  const lines = [
    { label: 'the sinusoid', group: 'target', points: told(seen, 'target') },
    { label: 'what is answered', group: 'learner', points: told(seen, 'answer') },
  ];
  return { title: `The sinusoid that is learnt now (${whose})`, as: 'frames', x: 'input', y: 'answer', lines };
}

/** A line a task, in order. The colours are the onlooker's, the learner was told none. */
function byTask(points: readonly { readonly task: number; readonly point: Point }[]): Chart['lines'] {
  const tasks = [...new Set(points.map(({ task }) => task))].sort((a, b) => a - b);
  const pointsOf = (one: number) => points.flatMap(({ task, point }) => (task === one ? [point] : []));
  return tasks.map((task) => ({ label: `task ${task + 1}`, group: String(task), points: pointsOf(task) }));
}

function gatesOf(seen: Seen, whose: string): Chart {
  const points = Object.entries(seen).flatMap(([name, value]) => {
    const [word, task, gate] = name.split(' ');
    return word === 'gate' ? [{ task: Number(task), point: [Number(gate), value] as Point }] : [];
  });
  const title = `Gates by task, those that differ most (${whose})`;
  return { title, as: 'cells', x: 'gates', y: 'tasks', lines: byTask(points) };
}

function contextsOf(seen: Seen, whose: string): Chart {
  const points: { task: number; point: Point }[] = [];
  for (let i = 0; seen[`context ${i} task`] !== undefined; i++)
    points.push({ task: seen[`context ${i} task`]!, point: [seen[`context ${i} x`]!, seen[`context ${i} y`]!] });
  const [x, y] = ['first principal component', 'second'];
  return {
    title: `Inferred contexts, coloured by task afterwards (${whose})`,
    as: 'dots',
    x,
    y,
    lines: byTask(points),
  };
}
