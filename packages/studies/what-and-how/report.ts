import type { ClaimSpec, FigureOf } from '../claims.ts';
import { lineOf, linePlot } from '../plots.ts';
import type { Results } from '../results.ts';
import { spreadText } from '../tables.ts';
import { CONTEXT_FREE } from './settings.ts';

/** The best of the arms without context. */
const best = (of: FigureOf, figure: string): number => Math.min(...CONTEXT_FREE.map((arm) => of(arm, figure)));

export const CLAIMS: readonly ClaimSpec[] = [
  {
    id: 'what-and-how.A',
    claim: 'median loss at batches 2 to 5 after a switch, as a share of the best arm without context',
    bound: { op: '<=', value: 0.5 },
    measure: (of) => of('context', 'batches 2-5') / best(of, 'batches 2-5'),
  },
  {
    id: 'what-and-how.B',
    claim: 'batches until a task that was away for 500 is within 10 % of its best loss before: with context',
    bound: { op: '<=', value: 5 },
    measure: (of) => of('context', 'remember'),
  },
  {
    id: 'what-and-how.Bb',
    claim: 'the same without context (the best such arm)',
    bound: { op: '>=', value: 20 },
    measure: (of) => best(of, 'remember'),
  },
  {
    id: 'what-and-how.C',
    claim: 'no gain at the first batch: median loss there, as a share of the best arm without context',
    bound: { op: '>=', value: 0.9 },
    measure: (of) => of('context', 'batch 1') / best(of, 'batch 1'),
  },
  {
    id: 'what-and-how.D',
    claim: 'contexts tell the task, though no label was given: accuracy of the nearest neighbour from another visit',
    bound: { op: '>=', value: 0.9 },
    measure: (of) => of('context', 'neighbours'),
  },
];

const COLUMNS = [
  'batch 1',
  'batch 2',
  'batches 2-5',
  'batch 20',
  'remember',
  'mean',
  'neighbours',
  'any neighbours',
] as const;

export function report(results: Results, arms: Readonly<Record<string, { readonly about: string }>>) {
  const names = Object.keys(arms);
  const table = {
    title: 'Online loss after a switch',
    currency:
      'Median squared error of predictions made before a batch is learnt from, by batches since the switch; batches until remembered; mean over the whole stream; accuracy of the nearest context from another visit, and from any.',
    head: ['arm', ...COLUMNS],
    rows: names.map((arm) => [
      arms[arm]!.about,
      ...COLUMNS.map((figure) =>
        spreadText(
          results.each((of) => of(arm, figure)),
          figure === 'remember' ? 0 : 2,
        ),
      ),
    ]),
  };
  const shares = (other: string) =>
    spreadText(
      results.each((of) => of('context', 'batches 2-5') / of(other, 'batches 2-5')),
      2,
    );
  const unclaimed = {
    title: 'What is not claimed',
    currency: 'Ratios of the median loss at batches 2 to 5 after a switch; 1 is a tie.',
    head: ['comparison', 'ratio'],
    rows: [
      ['context / adapted weights in place of a context (first-order MAML)', shares('maml')],
      ['context with Adam / context with Bayesian gradient descent', shares('context-bgd')],
      ['context / oracle', shares('oracle')],
    ],
  };
  const lines = (curve: string, shown: readonly string[]) =>
    shown.map((arm) =>
      lineOf(
        arm,
        results.of(arm).map((result) => result.curves[curve] ?? []),
      ),
    );
  const teeth = ['context', 'plain'].map((arm) =>
    lineOf(
      arm,
      results
        .of(arm)
        .slice(0, 1)
        .map((result) => result.curves['teeth'] ?? []),
    ),
  );
  return {
    tables: [table, unclaimed],
    plots: [
      linePlot(
        'after-switch',
        'Median loss after a switch that nobody announces',
        { label: 'batches since the switch' },
        { label: 'squared error' },
        lines('after', names),
      ),
      linePlot(
        'teeth',
        'Loss over a part of the stream, seed 1',
        { label: 'batch' },
        { label: 'squared error' },
        teeth,
      ),
    ],
  };
}
