import { type Axis, type Line, linePlot, type Plot, pointOf } from '../plots.ts';
import type { Results } from '../results.ts';
import type { Arm } from '../study.ts';
import { spreadText, type Table } from '../tables.ts';
import { gain } from './claims.ts';

const EVERY = [16, 32, 64, 128];

export const report = (results: Results, arms: Readonly<Record<string, Arm>>) => ({
  tables: [endTable(results, arms), routingTable(results, arms)],
  plots: [reroutingPlot(results, arms), dataPlot(results, arms), cosinePlot(results, arms)],
});

const figures = (results: Results, arm: string, figure = 'nats'): number[] => results.each((of) => of(arm, figure));
const percent = (values: readonly number[]): string =>
  spreadText(
    values.map((value) => 100 * value),
    1,
  ).replace(/^([−\d.]+)/, '$1 %');

const endTable = (results: Results, arms: Readonly<Record<string, Arm>>): Table => ({
  title: 'Every arm at its end',
  currency:
    'Equal steps: every path takes the same number of inner steps after the base. Documents are stretches of about 1 kB; each is answered by the path that it is routed to, once; its first 128 bytes are scored for nobody. Perplexity is a byte’s; a positive gain is a lower one. The oracle knows the best path of each document afterwards: a bound, not a router.',
  head: ['arm', '', 'nats a byte', 'gain over dense', 'gain over DiLoCo', 'oracle', 'parameters, M', 'tokens, M'],
  rows: Object.entries(arms).map(([name, { about }]) => [
    name,
    about,
    spreadText(figures(results, name), 4),
    percent(results.each((of) => gain(of, name, 'dense'))),
    percent(results.each((of) => gain(of, name, 'diloco'))),
    spreadText(figures(results, name, 'oracle'), 4),
    ...['parameters', 'tokens'].map((figure) =>
      spreadText(
        figures(results, name, figure).map((value) => value / 1e6),
        2,
      ).replace(/ ±.*/, ''),
    ),
  ]),
});

const routingTable = (results: Results, arms: Readonly<Record<string, Arm>>): Table => ({
  title: 'Routing',
  currency:
    'Nats a byte when every test document is routed once, and again every so many bytes by all that its paths lost before. Shares of the training tokens. The cosine is between outer gradients that meet in one module.',
  head: ['arm', 'once', ...EVERY.toReversed().map((w) => `every ${w}`), 'largest shard', 'smallest shard', 'cosine'],
  rows: Object.keys(arms)
    .filter((name) => figures(results, name, 'oracle').some(Number.isFinite))
    .map((name) => [
      name,
      spreadText(figures(results, name), 4),
      ...EVERY.toReversed().map((w) => spreadText(figures(results, name, `rerouted${w}`), 4)),
      percent(figures(results, name, 'largest')),
      percent(figures(results, name, 'smallest')),
      spreadText(figures(results, name, 'cosine'), 2),
    ]),
});

/** A line of measured points; those without results are left out. */
function lineThrough(label: string, points: readonly (readonly [x: number, values: readonly number[]])[]): Line {
  const known = points.map(([x, values]) => [x, values.filter(Number.isFinite)] as const);
  return { label, points: known.filter(([, values]) => values.length > 0).map(([x, values]) => pointOf(x, values)) };
}

const PERPLEXITY: Axis = { label: 'gain in perplexity over once, %' };

function reroutingPlot(results: Results, arms: Readonly<Record<string, Arm>>): Plot {
  const shown = ['kmeans', 'grid', 'big', 'domains', 'random'].filter((arm) => arms[arm]);
  const lines = shown.map((arm) =>
    lineThrough(
      arms[arm]!.about.replace(' (base setting)', ''),
      EVERY.map((w) => [w, results.each((of) => 100 * gain(of, arm, arm, `rerouted${w}`))]),
    ),
  );
  return linePlot(
    'rerouting',
    'Re-routing by all evidence so far',
    { label: 'bytes between two routes, logarithmic', log: true },
    PERPLEXITY,
    lines,
  );
}

function dataPlot(results: Results, arms: Readonly<Record<string, Arm>>): Plot {
  const at = (arm: string, paths: number) =>
    [paths, arms[arm] ? results.each((of) => 100 * gain(of, arm, 'dense')) : []] as const;
  return linePlot(
    'data',
    'Paths and data',
    { label: 'paths, logarithmic', log: true },
    { label: 'gain in perplexity over dense, %' },
    [
      lineThrough('a quarter of the data', [at('scarce-small', 4), at('scarce-grid', 8), at('scarce-big', 16)]),
      lineThrough('data growing with the paths', [at('scarce-small', 4), at('half-grid', 8), at('big', 16)]),
    ],
  );
}

function cosinePlot(results: Results, arms: Readonly<Record<string, Arm>>): Plot {
  const shown = ['diloco', 'random', 'grid', 'domains', 'big'].filter((arm) => arms[arm]);
  const lines = shown.map((arm) => {
    const byRound = new Map<number, number[]>();
    for (const { curves } of results.of(arm))
      for (const [round, value] of curves['cosine'] ?? []) byRound.set(round, [...(byRound.get(round) ?? []), value]);
    return lineThrough(arms[arm]!.about.replace(' (base setting)', ''), [...byRound]);
  });
  return linePlot(
    'cosines',
    'Cosine between outer gradients that meet in a module',
    { label: 'round' },
    { label: 'mean over pairs' },
    lines,
  );
}
