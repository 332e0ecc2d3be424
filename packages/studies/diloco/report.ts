import type { ClaimSpec, FigureOf } from '../claims.ts';
import { lineOf, linePlot, type Plot, pointOf } from '../plots.ts';
import type { Results } from '../results.ts';
import type { Arm } from '../study.ts';
import { fixed, spreadText, type Table } from '../tables.ts';

/** Change in perplexity a byte: exp(difference in nats) - 1. */
const perplexity = (of: FigureOf, arm: string, reference: string): number => Math.expm1(of(arm) - of(reference));
/** Change in loss (nats a byte), relative. */
const loss = (of: FigureOf, arm: string, reference: string): number => of(arm) / of(reference) - 1;
/** The arm with the lowest loss: of those that differ in what was tuned. */
const best = (of: FigureOf, arms: readonly string[]): number =>
  arms.map((arm) => of(arm)).reduce((low, nats) => (nats < low || Number.isNaN(low) ? nats : low), Number.NaN);

const SINGLE = ['single', 'single-half'];
const BATCH4 = ['batch4', 'batch4-rate4'];
const BATCH8 = ['batch8', 'batch8-rate4'];
const UPDATES8 = ['updates8', 'updates8-half'];

/** Fact sheet 1.4, with the margins of the pilots (section 6). */
export const CLAIMS: readonly ClaimSpec[] = [
  {
    id: 'diloco.1.4.1',
    claim: 'equal steps: k = 8 beats one worker (nats a byte)',
    bound: { op: '>=', value: 0.12 },
    measure: (of) => best(of, SINGLE) - of('k8'),
  },
  {
    id: 'diloco.1.4.2',
    claim: 'equal tokens: k = 8 is behind batch ×8, tuned (loss)',
    bound: { op: '<=', value: 0.09 },
    measure: (of) => of('k8') / best(of, BATCH8) - 1,
  },
  {
    id: 'diloco.1.4.2b',
    claim: 'equal tokens: k = 4 is behind batch ×4, tuned (loss)',
    bound: { op: '<=', value: 0.06 },
    measure: (of) => of('k4') / best(of, BATCH4) - 1,
  },
  {
    id: 'diloco.1.4.2c',
    claim: 'equal tokens: DiLoCo is not better than batch ×8, tuned (loss, k = 8)',
    bound: { op: '>=', value: 0 },
    measure: (of) => of('k8') / best(of, BATCH8) - 1,
  },
  {
    id: 'diloco.1.4.3',
    claim: 'k = 8: both ×8 baselines < DiLoCo < one worker (smallest of the three gaps, nats a byte)',
    bound: { op: '>=', value: 0 },
    measure: (of) => Math.min(of('k8') - best(of, BATCH8), of('k8') - best(of, UPDATES8), best(of, SINGLE) - of('k8')),
  },
  {
    id: 'diloco.1.4.4',
    claim: 'H from 10 to 100 costs (loss)',
    bound: { op: '<=', value: 0.08 },
    measure: (of) => loss(of, 'h100', 'h10'),
  },
  {
    id: 'diloco.1.4.4b',
    claim: 'loss does not fall with H from 25 on (smallest step 25, 50, 100, loss)',
    bound: { op: '>=', value: 0 },
    measure: (of) => Math.min(loss(of, 'h50', 'k4'), loss(of, 'h100', 'h50')),
  },
  {
    id: 'diloco.1.4.5',
    claim: 'Nesterov beats averaging (loss)',
    bound: { op: '>=', value: 0.01 },
    measure: (of) => loss(of, 'averaging', 'k4'),
  },
  {
    id: 'diloco.1.4.5b',
    claim: 'outer Adam with ε 1e-5 is the worst of the outer optimizers (its distance to the next, loss)',
    bound: { op: '>=', value: 0 },
    measure: (of) => of('outer-adam-e5') / Math.max(...['k4', 'averaging', 'outer-adam'].map((arm) => of(arm))) - 1,
  },
  {
    id: 'diloco.1.4.6',
    claim: 'k-means shards cost at the end, against iid (perplexity, k = 4)',
    bound: { op: '<=', value: 0.02 },
    measure: (of) => perplexity(of, 'kmeans', 'k4'),
  },
  {
    id: 'diloco.1.4.6b',
    claim: 'shards of whole domains cost at the end, against iid (perplexity, k = 8)',
    bound: { op: '<=', value: 0.1 },
    measure: (of) => perplexity(of, 'k8-domains', 'k8'),
  },
  {
    id: 'diloco.1.4.6c',
    claim: 'iid is ahead of k-means shards at 25 % of the steps (nats a byte, k = 4)',
    bound: { op: '>=', value: 0 },
    measure: (of) => of('kmeans', 'quarterNats') - of('k4', 'quarterNats'),
  },
  {
    id: 'diloco.1.4.7',
    claim: '50 % lost, on from their own θ, costs (perplexity)',
    bound: { op: '<=', value: 0.09 },
    measure: (of) => perplexity(of, 'lost50-own', 'k4'),
  },
  {
    id: 'diloco.1.4.7b',
    claim: '50 % lost, on from their own θ, still beats one worker (nats a byte)',
    bound: { op: '>=', value: 0.06 },
    measure: (of) => best(of, SINGLE) - of('lost50-own'),
  },
  {
    id: 'diloco.1.4.7c',
    claim: "50 % lost, on from the run's θ (the product's rule), costs (perplexity)",
    bound: { op: '<=', value: 0.09 },
    measure: (of) => perplexity(of, 'lost50-run', 'k4'),
  },
  {
    id: 'diloco.1.4.8',
    claim: 'doubling and halving the workers end alike (distance, loss)',
    bound: { op: '<=', value: 0.005 },
    measure: (of) => Math.abs(loss(of, 'doubling', 'halving')),
  },
  {
    id: 'diloco.1.4.9',
    claim: '50 % of the outer gradients pruned costs (loss)',
    bound: { op: '<=', value: 0.01 },
    measure: (of) => loss(of, 'pruned50', 'k4'),
  },
  {
    id: 'diloco.1.4.9b',
    claim: '75 % pruned costs more than 50 % (loss)',
    bound: { op: '>=', value: 0 },
    measure: (of) => loss(of, 'pruned75', 'pruned50'),
  },
  {
    id: 'diloco.1.4.10',
    claim: 'k = 1 with outer Nesterov is not worse than plain AdamW (loss)',
    bound: { op: '<=', value: 0 },
    measure: (of) => loss(of, 'k1', 'single'),
  },
  {
    id: 'diloco.1.4.11',
    claim: "averaging Adam's moments changes little (distance, loss)",
    bound: { op: '<=', value: 0.005 },
    measure: (of) => Math.abs(loss(of, 'moments', 'k4')),
  },
  {
    id: 'diloco.1.4.12',
    claim: 'cosine of outer gradients, k-means shards over iid (k = 4)',
    bound: { op: '<=', value: 0.75 },
    measure: (of) => of('kmeans', 'cosine') / of('k4', 'cosine'),
  },
  {
    id: 'diloco.1.4.12b',
    claim: 'cosine of outer gradients, k = 8 over k = 4 (k-means shards)',
    bound: { op: '<=', value: 1 },
    measure: (of) => of('k8-kmeans', 'cosine') / of('kmeans', 'cosine'),
  },
];

const MEGABYTE = 1e6;

export const report = (results: Results, arms: Readonly<Record<string, Arm>>) => ({
  tables: [endTable(results, arms), bytesTable(results, arms)],
  plots: [curvePlot(results, arms), hPlot(results), cosinePlot(results, arms)],
});

const figuresOf = (results: Results, arm: string, figure: string): number[] => results.each((of) => of(arm, figure));

const endTable = (results: Results, arms: Readonly<Record<string, Arm>>): Table => ({
  title: 'Every arm at its end',
  currency:
    'Equal steps: every worker takes the same number of inner steps after the base (×8 updates: eight times as many). Tokens are those of all workers. Perplexity is a byte’s, against the base setting.',
  head: [
    'arm',
    '',
    'nats a byte',
    'bits a byte',
    'against k4, perplexity',
    'against single, nats',
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
      results.each((of) => 100 * perplexity(of, name, 'k4')),
      1,
    ).replace(/^([−\d.]+)/, '$1 %'),
    spreadText(
      results.each((of) => of(name) - of('single')),
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

/** Bytes over all lines: a data-parallel run sends the gradient and gets the parameters at every step. */
function bytesTable(results: Results, arms: Readonly<Record<string, Arm>>): Table {
  const rows = ['k4', 'k8', 'h10', 'h100']
    .filter((arm) => arms[arm])
    .map((arm) => {
      const mean = (figure: string) => {
        const values = figuresOf(results, arm, figure).filter(Number.isFinite);
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      const [up, down] = [mean('upBytes') / MEGABYTE, mean('downBytes') / MEGABYTE];
      const { totalSteps, workers } = arms[arm]!.config as { totalSteps: number; workers: number[] };
      const synchronous = (totalSteps * Math.max(...workers) * (up / mean('rounds'))) / Math.max(...workers);
      return [arm, fixed(up, 1), fixed(down, 1), fixed(synchronous, 0), fixed(synchronous / up, 0)];
    });
  return {
    title: 'Bytes',
    currency:
      'Megabytes over the lines of all workers, whole run, float32. Measured in the laboratory (the shard once per worker is part of what comes down); the last two columns are what the same workers would send as a synchronous data-parallel run: one gradient a step each.',
    head: ['arm', 'up', 'down', 'up, synchronous', 'times fewer'],
    rows: rows.map((row) => row.map((text) => (text.includes('NaN') ? '–' : text))),
  };
}

const curves = (results: Results, arm: string, name: string) =>
  results.of(arm).flatMap((result) => (result.curves[name] ? [result.curves[name]] : []));

function curvePlot(results: Results, arms: Readonly<Record<string, Arm>>): Plot {
  const shown = ['single', 'k4', 'k8', 'batch8', 'averaging', 'kmeans', 'lost50-own', 'lost50-run'];
  const lines = shown
    .filter((arm) => arms[arm])
    .map((arm) => lineOf(arms[arm]!.about.replace(' (base setting)', ''), curves(results, arm, 'nats')));
  return linePlot(
    'loss',
    'Loss on the way (an eighth of the test documents)',
    { label: 'inner steps of each worker' },
    { label: 'nats a byte' },
    lines,
  );
}

function hPlot(results: Results): Plot {
  const arms = [
    ['h10', 10],
    ['k4', 25],
    ['h50', 50],
    ['h100', 100],
    ['h250', 250],
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

function cosinePlot(results: Results, arms: Readonly<Record<string, Arm>>): Plot {
  const shown = ['k4', 'k8', 'kmeans', 'k8-kmeans', 'k8-domains'];
  const lines = shown
    .filter((arm) => arms[arm])
    .map((arm) => lineOf(arms[arm]!.about.replace(' (base setting)', ''), curves(results, arm, 'cosine')));
  return linePlot(
    'cosines',
    'Cosine between outer gradients of one round',
    { label: 'round' },
    { label: 'mean over pairs' },
    lines,
  );
}
