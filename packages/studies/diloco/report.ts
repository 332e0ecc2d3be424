import { type FigureOf, spreadOf } from '../claims.ts';
import { type Line, lineOf, linePlot, type Plot, pointOf } from '../plots.ts';
import type { Results } from '../results.ts';
import type { Arm } from '../study.ts';
import { fixed, spreadText, type Table } from '../tables.ts';
import { bestSingle, perplexity } from './claims.ts';
import type { ArmConfig } from './settings.ts';

const MEGABYTE = 1e6;

export const report = (results: Results, arms: Arms) => ({
  tables: [endTable(results, arms), bytesTable(results, arms)],
  plots: [curvePlot(results, arms), hPlot(results), cosinePlot(results, arms)],
});

const figuresOf = (results: Results, arm: string, figure: string): number[] => results.each((of) => of(arm, figure));

/** Whether two arms began from one base and the first took no fewer steps. */
function isLike(arms: Arms, arm: string, other: string): boolean {
  const [one, two] = [arm, other].map((name) => arms[name]!.config as unknown as ArmConfig);
  return JSON.stringify(one!.base) === JSON.stringify(two!.base) && one!.totalSteps >= two!.totalSteps;
}

/** Where one worker ended from the same base; NaN where there is none. */
function singleOf(of: FigureOf, arms: Arms, arm: string): number {
  if (isLike(arms, arm, 'single')) return bestSingle(of, Object.keys(arms));
  return arms['mature-single'] && isLike(arms, arm, 'mature-single') ? of('mature-single') : Number.NaN;
}

const endTable = (results: Results, arms: Arms): Table => ({
  title: 'Every arm at its end',
  currency:
    'Equal steps: every worker takes the same number of inner steps after the base (×8 updates: eight times as many). Tokens are those of all contributions that were folded. Perplexity is a byte’s, against the base setting; one worker is the better of its rates, from the same base. A dash where the base or the steps are others.',
  head: [
    'arm',
    '',
    'nats a byte',
    'bits a byte',
    'against k4, perplexity',
    'against one worker, nats',
    'tokens, M',
    'cosine',
    'lag-1 cosine',
  ],
  rows: Object.entries(arms).map(([name, { about }]) => [
    name,
    about,
    spreadText(figuresOf(results, name, 'nats'), 4),
    spreadText(
      figuresOf(results, name, 'nats').map((nats) => nats / Math.LN2),
      3,
    ),
    spreadText(
      results.each((of) => (isLike(arms, name, 'k4') ? 100 * perplexity(of, name, 'k4') : Number.NaN)),
      1,
    ).replace(/^([−\d.]+)/, '$1 %'),
    spreadText(
      results.each((of) => of(name) - singleOf(of, arms, name)),
      3,
    ),
    spreadText(
      figuresOf(results, name, 'tokens').map((tokens) => tokens / 1e6),
      2,
    ).replace(/ ±.*/, ''),
    spreadText(
      figuresOf(results, name, 'cosine').map((value) => value || Number.NaN),
      2,
    ),
    spreadText(
      figuresOf(results, name, 'lag').map((value) => value || Number.NaN),
      2,
    ),
  ]),
});

/** Bytes over all lines. What is averaged after every step was measured over few steps: bytes of a step are always the same. */
function bytesTable(results: Results, arms: Arms): Table {
  const mean = (arm: string, figure: string) => spreadOf(figuresOf(results, arm, figure)).mean ?? Number.NaN;
  const configOf = (arm: string) => arms[arm]!.config as unknown as ArmConfig;
  const workersOf = (arm: string) => Math.max(...configOf(arm).workers);
  /** Bytes of one worker and round, without the shard. */
  const aRound = (arm: string, figure: 'upBytes' | 'downBytes') => {
    const shards = figure === 'downBytes' ? workersOf(arm) * mean(arm, 'shardBytes') : 0;
    return (mean(arm, figure) - shards) / mean(arm, 'rounds') / workersOf(arm);
  };
  const rows = ['k4', 'k8', 'h10', 'h100']
    .filter((arm) => arms[arm])
    .map((arm) => {
      const steps = configOf(arm).totalSteps * workersOf(arm);
      const shards = workersOf(arm) * mean(arm, 'shardBytes');
      const synchronous = [steps * aRound('every-step', 'upBytes'), steps * aRound('every-step', 'downBytes') + shards];
      const bytes = [mean(arm, 'upBytes'), mean(arm, 'downBytes'), ...synchronous];
      const times = (steps * aRound('every-step', 'upBytes')) / mean(arm, 'upBytes');
      return [arm, ...bytes.map((value) => fixed(value / MEGABYTE, 1)), fixed(times, 1)];
    });
  return {
    title: 'Bytes',
    currency:
      'Megabytes over the lines of all workers, whole run, float32. Measured in the laboratory; the shard, once per worker, is part of what comes down. “Every step”: what the same workers move when they are averaged after every step, as measured over the steps of `every-step` and multiplied to as many.',
    head: ['arm', 'up', 'down', 'up, every step', 'down, every step', 'times fewer up'],
    rows: rows.map((row) => row.map((text) => (text.includes('NaN') ? '–' : text))),
  };
}

type Arms = Readonly<Record<string, Arm>>;

/** A curve of some arms, those that this size has. */
const lines = (results: Results, arms: Arms, shown: readonly string[], curve: string): Line[] =>
  shown
    .filter((arm) => arms[arm])
    .map((arm) =>
      lineOf(
        arms[arm]!.about.replace(' (base setting)', ''),
        results.of(arm).flatMap(({ curves }) => (curves[curve] ? [curves[curve]] : [])),
      ),
    );

const curvePlot = (results: Results, arms: Arms): Plot =>
  linePlot(
    'loss',
    'Loss on the way (an eighth of the test documents)',
    { label: 'inner steps of each worker' },
    { label: 'nats a byte' },
    lines(results, arms, ['single', 'k4', 'k8', 'batch8', 'averaging', 'kmeans', 'lost50-own', 'lost50-run'], 'nats'),
  );

const cosinePlot = (results: Results, arms: Arms): Plot =>
  linePlot(
    'cosines',
    'Cosine between outer gradients of one round',
    { label: 'round' },
    { label: 'mean over pairs' },
    lines(results, arms, ['k4', 'k8', 'kmeans', 'k8-kmeans', 'k8-domains'], 'cosine'),
  );

function hPlot(results: Results): Plot {
  const arms = [
    ['h10', 10],
    ['k4', 25],
    ['h50', 50],
    ['h100', 100],
  ] as const;
  const points = arms.flatMap(([arm, h]) => {
    const values = figuresOf(results, arm, 'nats').filter(Number.isFinite);
    return values.length > 0 ? [pointOf(h, values)] : [];
  });
  return linePlot(
    'h',
    'Inner steps a round, at equal steps (k = 4)',
    { label: 'H, logarithmic', log: true },
    { label: 'nats a byte' },
    [{ label: 'at the end', points }],
  );
}
