import type { ClaimSpec } from '../claims.ts';
import { lineOf, linePlot } from '../plots.ts';
import type { Results } from '../results.ts';
import { spreadText } from '../tables.ts';

const COLUMNS = ['mse 0', 'mse 1', 'mse 5', 'mse 10', 'mse 25', 'mse 50', 'mse 100', 'mse 200', 'rate', 'trials'];
const currency = 'meta-steps of 25 tasks';

export const CLAIMS: readonly ClaimSpec[] = [
  {
    id: 'warpgrad.A',
    claim: 'error after 25 steps on unseen sinusoids: warp (approximate) as a share of Reptile',
    currency,
    bound: { op: '<=', value: 0.6 },
    measure: (of) => of('warp-approximate', 'mse 25') / of('reptile', 'mse 25'),
  },
  {
    id: 'warpgrad.B',
    claim: 'the same as a share of the deep control: the same layers, all adapted',
    currency,
    bound: { op: '<=', value: 0.75 },
    measure: (of) => of('warp-approximate', 'mse 25') / of('deep', 'mse 25'),
  },
  {
    id: 'warpgrad.C',
    claim: 'the approximate meta-gradient costs little: its error after 25 steps as a share of the exact one',
    currency,
    bound: { op: '<=', value: 1.3 },
    measure: (of) => of('warp-approximate', 'mse 25') / of('warp-exact', 'mse 25'),
  },
  {
    id: 'warpgrad.D',
    claim: 'lengths never trained: error of warp (approximate) after 200 steps as a share of that after 50',
    currency,
    bound: { op: '<=', value: 1.15 },
    measure: (of) => of('warp-approximate', 'mse 200') / of('warp-approximate', 'mse 50'),
  },
  {
    id: 'warpgrad.E',
    claim: 'bytes planned for a meta-gradient with 10 steps as a share of those with 1 (by construction)',
    currency,
    bound: { op: '<=', value: 1.01 },
    measure: (of) => of('warp-exact', 'bytes 10') / of('warp-exact', 'bytes 1'),
  },
];

export function report(results: Results, arms: Readonly<Record<string, { readonly about: string }>>) {
  const names = Object.keys(arms);
  const each = (arm: string, figure: string) => results.each((of) => of(arm, figure));
  return {
    tables: [
      {
        title: 'Error after adaptation',
        currency:
          'Mean squared error on 200 unseen sinusoids, by steps on 10 points. Each arm tried 3 rates on 200 other tasks. The rates of learning across tasks were one trial each.',
        head: ['arm', ...COLUMNS],
        rows: names.map((arm) => [
          arms[arm]!.about,
          ...COLUMNS.map((figure) => spreadText(each(arm, figure), figure === 'trials' ? 0 : 3)),
        ]),
      },
      {
        title: 'Memory of a meta-gradient',
        currency: 'Bytes planned with 10 steps of a task as a share of those with 1.',
        head: ['arm', 'share'],
        rows: ['warp-approximate', 'warp-exact', 'maml'].map((arm) => [
          arms[arm]!.about,
          spreadText(
            results.each((of) => of(arm, 'bytes 10') / of(arm, 'bytes 1')),
            2,
          ),
        ]),
      },
      {
        title: 'Still open',
        currency: 'Parts of the specification that this page does not have yet.',
        head: ['part', 'result'],
        rows: [
          ["the mountain of the paper's Appendix D", 'not measured'],
          ['the study on the live network', 'not measured: it computes on one machine'],
        ],
      },
    ],
    plots: [
      linePlot(
        'adaptation',
        'Error on unseen sinusoids by steps of adaptation',
        { label: 'steps' },
        { label: 'mean squared error', log: false },
        names.map((arm) =>
          lineOf(
            arm,
            results.of(arm).map((result) => result.curves['adaptation'] ?? []),
          ),
        ),
      ),
    ],
  };
}
