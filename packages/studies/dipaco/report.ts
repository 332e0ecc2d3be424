import { pathIds } from '@pathfold/checkpoint/levels';
import { type Axis, type Line, linePlot, type Plot, pointOf } from '../plots.ts';
import type { Results } from '../results.ts';
import type { Arm } from '../study.ts';
import { spreadText, type Table } from '../tables.ts';
import { gain, gainOf } from './gains.ts';
import type { ArmConfig } from './settings.ts';
import { trajectory } from './trajectory.ts';

const EVERY = [16, 32, 64, 128];
const ON_THE_PAGE = [32, 64, 128];

type Arms = Readonly<Record<string, Arm>>;

export const report = (results: Results, arms: Arms) => ({
  tables: [endTable(results, arms), routingTable(results, arms), domainTable(results, arms)],
  plots: [
    ...trajectoryPlots(results, arms),
    pathsPlot(results, arms),
    reroutingPlot(results, arms),
    dataPlot(results, arms),
    cosinePlot(results, arms),
  ],
});

const configOf = (arms: Arms, arm: string) => arms[arm]!.config as unknown as ArmConfig;
const pathsOf = (arms: Arms, arm: string): number => pathIds(configOf(arms, arm).levels).length;
const isLong = (arms: Arms, arm: string): boolean => arms[arm]!.when === 'long';

/**
 * One path with so many volunteers, of the same size and steps and on the same data as an arm, at all rates that are not
 * long unless the arm is: of these the best is what it is compared with. None where this size has none.
 */
function referenceOf(arms: Arms, arm: string, replicas: number): string[] {
  const { corpus } = configOf(arms, arm);
  const { totalSteps: steps, model: path } = configOf(arms, 'grid');
  const like = JSON.stringify({ corpus, steps, path });
  return Object.keys(arms).filter((name) => {
    const other = configOf(arms, name);
    const about = JSON.stringify({ corpus: other.corpus, steps: other.totalSteps, path: other.model });
    return (
      pathsOf(arms, name) === 1 &&
      other.replicas === replicas &&
      about === like &&
      (isLong(arms, arm) || !isLong(arms, name))
    );
  });
}
const denseOf = (arms: Arms, arm: string) => referenceOf(arms, arm, 1);
/** With as many replicas as the arm has paths or volunteers a path; of the dense arms that of the base setting. */
function dilocoOf(arms: Arms, arm: string): string[] {
  const workers = pathsOf(arms, arm) * configOf(arms, arm).replicas;
  return referenceOf(arms, arm, workers === 1 ? pathsOf(arms, 'grid') : workers);
}

/** The same at the arm's own rate alone. */
const dilocoAtRateOf = (arms: Arms, arm: string): string[] =>
  dilocoOf(arms, arm).filter(
    (name) => configOf(arms, name).inner.learningRate === configOf(arms, arm).inner.learningRate,
  );

const figures = (results: Results, arm: string, figure = 'nats'): number[] => results.each((of) => of(arm, figure));
const percent = (values: readonly number[]): string =>
  spreadText(
    values.map((value) => 100 * value),
    1,
  ).replace(/^([−\d.]+)/, '$1 %');
const label = (arms: Arms, arm: string): string => arms[arm]!.about.replace(' (base setting)', '');

const endTable = (results: Results, arms: Arms): Table => ({
  title: 'Every arm at its end',
  currency:
    'Equal steps: every path takes the same number of inner steps after the base. Documents are stretches of about 1 kB; each is answered by the path that it is routed to, once; its first 128 bytes are scored for nobody. Perplexity is a byte’s; a positive gain is a lower one. Dense and DiLoCo are those on the same data, DiLoCo with as many replicas as the arm has paths (a dense arm: as the base setting): the best of three rates where they are tuned (dense and 8 replicas on all data; with the long arms 4 and 16), else at the arm’s rate; “same rate” always at the arm’s; a dash where there is none, and where the re-sharding was refused. “Its base” is where the arm started, trained on the same data. The oracle knows the best path of each document afterwards: a bound, not a router.',
  head: [
    'arm',
    '',
    'nats a byte',
    'its base',
    'gain over dense',
    'gain over DiLoCo',
    'same rate',
    'oracle',
    'parameters, M',
    'tokens, M',
  ],
  rows: Object.entries(arms).map(([name, { about }]) => [
    name,
    about,
    spreadText(figures(results, name), 4),
    spreadText(figures(results, name, 'base'), 4),
    percent(results.each((of) => gain(of, name, denseOf(arms, name)))),
    percent(results.each((of) => gain(of, name, dilocoOf(arms, name)))),
    percent(results.each((of) => gain(of, name, dilocoAtRateOf(arms, name)))),
    spreadText(figures(results, name, 'oracle'), 4),
    ...['parameters', 'tokens'].map((figure) =>
      spreadText(
        figures(results, name, figure).map((value) => value / 1e6),
        2,
      ).replace(/ ±.*/, ''),
    ),
  ]),
});

const hasPaths = (results: Results, arm: string): boolean => figures(results, arm, 'oracle').some(Number.isFinite);

const routingTable = (results: Results, arms: Arms): Table => ({
  title: 'Routing',
  currency:
    'Nats a byte when every test document is routed once, and again every so many bytes: by all that its paths lost before (which runs every path), or by the router on all that was read, as the prompt page does (which runs one). “Best”: documents whose path is the best for them. Shards by their share of the training tokens. “Moved”: training documents that the first re-sharding gave to another path; “refused”: re-shardings that moved nothing, because no router could be learnt from them; no claim counts such a seed. “Best versions”: each path as it was when it was best on its held-out documents, while all train on; “stopped”: paths that the product’s rule stopped. The cosine is between outer gradients that meet in one module. “Cold”: leases that began without AdamW’s moments, after each path’s first.',
  head: [
    'arm',
    'once',
    ...EVERY.toReversed().map((w) => `every ${w}, all paths`),
    ...ON_THE_PAGE.toReversed().map((w) => `every ${w}, router`),
    'best versions',
    'stopped',
    'best',
    'largest shard',
    'smallest shard',
    'moved',
    'refused',
    'cosine',
    'cold',
  ],
  rows: Object.keys(arms)
    .filter((name) => hasPaths(results, name))
    .map((name) => [
      name,
      spreadText(figures(results, name), 4),
      ...EVERY.toReversed().map((w) => spreadText(figures(results, name, `rerouted${w}`), 4)),
      ...ON_THE_PAGE.toReversed().map((w) => spreadText(figures(results, name, `page${w}`), 4)),
      spreadText(figures(results, name, 'early'), 4),
      spreadText(figures(results, name, 'stopped'), 1),
      percent(figures(results, name, 'accuracy')),
      percent(figures(results, name, 'largest')),
      percent(figures(results, name, 'smallest')),
      percent(figures(results, name, 'moved1')),
      spreadText(figures(results, name, 'refused'), 1),
      spreadText(figures(results, name, 'cosine'), 2),
      spreadText(figures(results, name, 'cold'), 0),
    ]),
});

/** Where documents go is told of one seed: paths have no order that several seeds share. */
function domainTable(results: Results, arms: Arms): Table {
  const shown = ['dense', 'diloco', 'kmeans', 'grid', 'domains', 'flat'].filter((arm) => arms[arm]);
  const first = results.of('grid')[0]?.curves ?? {};
  const names = new Set(shown.flatMap((arm) => results.of(arm).flatMap((result) => Object.keys(result.figures))));
  const domains = [...names].flatMap((name) => (name.startsWith('nats ') ? [name.slice('nats '.length)] : []));
  return {
    title: 'By domain',
    currency: `Nats a byte of each domain’s test documents, dense at its first rate. One domain, ${configOf(arms, 'grid').corpus.scarce}, is cut to little data. Last: how many of its test documents each path of \`grid\` gets, with the first seed.`,
    head: ['domain', ...shown, 'documents by path'],
    rows: domains.map((domain) => [
      domain,
      ...shown.map((arm) => spreadText(figures(results, arm, `nats ${domain}`), 3)),
      (first[`confusion ${domain}`] ?? []).map(([, count]) => count).join(' '),
    ]),
  };
}

/** A line of measured points; those without results are left out. */
function lineThrough(name: string, points: readonly (readonly [x: number, values: readonly number[]])[]): Line {
  const known = points.map(([x, values]) => [x, values.filter(Number.isFinite)] as const);
  return {
    label: name,
    points: known.filter(([, values]) => values.length > 0).map(([x, values]) => pointOf(x, values)),
  };
}

function pathsPlot(results: Results, arms: Arms): Plot {
  const kinds: readonly (readonly [label: string, arms: readonly string[]])[] = [
    ['grid, re-sharded, shared embedding', ['small', 'grid']],
    ['grid, re-sharded, embedding with the first level', ['level', 'big', 'grid8x8']],
    ['grid, re-sharded halfway to equal shares', ['halfway']],
    ['private modules, re-sharded', ['private', 'private-big']],
    ['flat, balanced k-means', ['flat', 'flat-big']],
    ['flat, re-sharded', ['flat-reshard']],
    ['grid, random shards', ['random']],
    ['grid, true domains', ['domains']],
  ];
  const at = (arm: string) =>
    [pathsOf(arms, arm), results.each((of) => 100 * gain(of, arm, dilocoAtRateOf(arms, arm)))] as const;
  return linePlot(
    'paths',
    'Paths, against DiLoCo with as many replicas, all at one rate',
    { label: 'paths, logarithmic', log: true },
    { label: 'gain in perplexity over DiLoCo, %' },
    kinds.map(([name, of]) => lineThrough(name, of.filter((arm) => arms[arm]).map(at))),
  );
}

const PERPLEXITY: Axis = { label: 'gain in perplexity over once, %' };

function reroutingPlot(results: Results, arms: Arms): Plot {
  const line = (arm: string, kind: 'rerouted' | 'page', name: string, every: readonly number[]) =>
    lineThrough(
      name,
      every.map((w) => [w, results.each((of) => 100 * gainOf(of, arm, `${kind}${w}`))]),
    );
  const shown = ['kmeans', 'grid', 'big', 'domains', 'random'].filter((arm) => arms[arm]);
  return linePlot(
    'rerouting',
    'Re-routing by all evidence so far',
    { label: 'bytes between two routes, logarithmic', log: true },
    PERPLEXITY,
    [
      ...shown.map((arm) => line(arm, 'rerouted', label(arms, arm), EVERY)),
      line('grid', 'page', `${label(arms, 'grid')}; by the router alone, as the prompt page does`, ON_THE_PAGE),
    ],
  );
}

/** All at one rate: none of the arms on parts of the data is tuned. */
function dataPlot(results: Results, arms: Arms): Plot {
  const at = (arm: string, reference: string) =>
    arms[arm] && arms[reference]
      ? ([[pathsOf(arms, arm), results.each((of) => 100 * gain(of, arm, reference))]] as const)
      : [];
  const quarter = at('scarce-small', 'scarce-dense');
  return linePlot(
    'data',
    'Paths and data, all at one rate',
    { label: 'paths, logarithmic', log: true },
    { label: 'gain in perplexity on the same data, %' },
    [
      lineThrough('a quarter of the data, over dense', [
        ...quarter,
        ...at('scarce-grid', 'scarce-dense'),
        ...at('scarce-big', 'scarce-dense'),
      ]),
      lineThrough('data growing with the paths, over dense', [
        ...quarter,
        ...at('half-grid', 'half-dense'),
        ...at('big', 'dense'),
      ]),
      lineThrough('data growing with the paths, over DiLoCo', [
        ...at('scarce-small', 'scarce-diloco'),
        ...at('half-grid', 'half-diloco'),
        ...at('big', 'diloco-big'),
      ]),
    ],
  );
}

/** Where the re-sharding jumps, and which arms have turned before their end. */
function trajectoryPlots(results: Results, arms: Arms): Plot[] {
  const plot = (name: string, title: string, shown: readonly string[]) =>
    linePlot(
      name,
      title,
      { label: 'inner steps of each path' },
      { label: 'nats a byte' },
      shown
        .filter((arm) => arms[arm])
        .map((arm) =>
          trajectory(
            label(arms, arm),
            results.of(arm).map(({ curves }) => curves['nats'] ?? []),
          ),
        ),
    );
  return [
    plot('trajectory', 'Loss on the way (a sixteenth of the test documents)', [
      ...['dense', 'diloco', 'kmeans', 'grid', 'halfway', 'flat-reshard', 'big', 'domains'],
    ]),
    plot('scarce', 'Loss on the way, little data (a sixteenth of the test documents)', [
      ...['scarce-dense', 'scarce-diloco', 'scarce-small', 'scarce-patience', 'half-dense', 'half-grid', 'scarce-big'],
      'scarce-big-patience',
    ]),
  ];
}

function cosinePlot(results: Results, arms: Arms): Plot {
  const shown = ['diloco', 'random', 'grid', 'domains', 'big'].filter((arm) => arms[arm]);
  const lines = shown.map((arm) => {
    const byRound = new Map<number, number[]>();
    for (const { curves } of results.of(arm))
      for (const [round, value] of curves['cosine'] ?? []) byRound.set(round, [...(byRound.get(round) ?? []), value]);
    return lineThrough(label(arms, arm), [...byRound]);
  });
  return linePlot(
    'cosines',
    'Cosine between outer gradients that meet in a module',
    { label: 'round' },
    { label: 'mean over pairs' },
    lines,
  );
}
