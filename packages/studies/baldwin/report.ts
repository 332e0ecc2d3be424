import { RATES } from '@pathfold/works/baldwin/plan-state';
import type { BaldwinConfig } from '@pathfold/works/baldwin/task';
import type { ClaimSpec, FigureOf } from '../claims.ts';
import { lineOf, linePlot, type Plot } from '../plots.ts';
import type { Results } from '../results.ts';
import { fixed, spreadText, type Table } from '../tables.ts';
import type { ArmName } from './settings.ts';

/** Test loss of an arm after so many lessons. */
const after = (of: FigureOf, arm: ArmName, lessons: number): number => of(arm, `loss ${lessons}`);

/** What an arm had spent, and its loss at the end of a lifetime, whenever it was looked at: all on the same tasks. */
function curvesOf(of: FigureOf, arm: ArmName): { readonly flops: number; readonly loss: number }[] {
  const curves = [];
  for (let i = 0; Number.isFinite(of(arm, `flops of curve ${i}`)); i++)
    curves.push({ flops: of(arm, `flops of curve ${i}`), loss: of(arm, `loss of curve ${i}`) });
  return curves;
}

/**
 * Operations after which first-order MAML is as good as Baldwin's champion when that was looked at last, as a share of
 * what Baldwin had cost by then; 1 at least where it never is.
 */
export function costOfDescent(of: FigureOf): number {
  const last = curvesOf(of, 'baldwin').at(-1);
  if (!last) return Number.NaN;
  const reached = curvesOf(of, 'fomaml').find(({ loss }) => loss <= last.loss);
  return reached ? reached.flops / last.flops : Math.max(1, of('fomaml', 'flops') / last.flops);
}

/** Share of the weights that are frozen after so many generations when flips alone decide, and nothing selects. */
export const driftOf = (flip: number, generations: number): number => 0.5 * (1 - (1 - 2 * flip) ** generations);

const driftIn = ({ arms: [arm] }: BaldwinConfig): number => driftOf(arm!.mutation.flip, arm!.generations);

/** `mask`: the run with evolved plasticity. */
export const claimsOf = (mask: BaldwinConfig): readonly ClaimSpec[] => [
  {
    id: 'baldwin.A',
    claim: 'Baldwin after 5 lessons, as a share of the loss of random initial weights with tuned learning rate',
    bound: { op: '<=', value: 0.65 },
    measure: (of) => after(of, 'baldwin', 5) / after(of, 'random', 5),
  },
  {
    id: 'baldwin.B',
    claim: 'crossover, at birth: Baldwin is worse than Darwin (difference of losses)',
    bound: { op: '>=', value: 0 },
    measure: (of) => after(of, 'baldwin', 0) - after(of, 'darwin', 0),
  },
  {
    id: 'baldwin.Bb',
    claim: 'crossover, after 5 lessons: Baldwin as a share of the best loss that Darwin has at any step',
    bound: { op: '<=', value: 0.7 },
    measure: (of) => after(of, 'baldwin', 5) / of('darwin', 'least'),
  },
  {
    id: 'baldwin.C',
    claim:
      'first-order MAML reaches the loss of Baldwin’s champion with this share of its operations (both on the tasks that champions are chosen on)',
    bound: { op: '<=', value: 0.1 },
    measure: costOfDescent,
  },
  {
    id: 'baldwin.D',
    claim: `evolved plasticity: share of the weights that the champion freezes (flips alone, without selection, freeze ${fixed(driftIn(mask), 2)}: that it costs nothing decides)`,
    bound: { op: '>=', value: 0.2 },
    measure: (of) => of('mask', 'frozen'),
  },
  {
    id: 'baldwin.Db',
    claim: 'evolved plasticity costs nothing: its loss after 5 lessons as a share of Baldwin’s',
    bound: { op: '<=', value: 1.05 },
    measure: (of) => after(of, 'mask', 5) / after(of, 'baldwin', 5),
  },
  {
    id: 'baldwin.Dc',
    claim: 'a lifetime of 50 lessons: the same code lowers the loss between lesson 5 and lesson 50 (ratio)',
    bound: { op: '<=', value: 1 },
    measure: (of) => after(of, 'long', 50) / after(of, 'long', 5),
  },
];

export function report(results: Results, arms: Readonly<Record<string, { readonly about: string }>>) {
  const each = (arm: string, figure: string) => results.each((of) => of(arm, figure));
  const losses: Table = {
    title: 'Loss over lessons',
    currency: `Mean squared error on 200 unseen sinusoids (of the point mass: minus the mean reward). The answer 0 has 4.2. Learning rates of random initial weights: ${RATES.join(', ')}.`,
    head: ['arm', 'at birth', '1 lesson', '5', '10', 'at the end of a lifetime', 'TFLOP'],
    rows: Object.entries(arms).map(([arm, { about }]) => [
      about,
      ...['loss 0', 'loss 1', 'loss 5', 'loss 10', 'final'].map((figure) => spreadText(each(arm, figure), 2)),
      spreadText(
        each(arm, 'flops').map((flops) => flops / 1e12),
        3,
      ),
    ]),
  };
  const genes: Table = {
    title: 'Genes of the champions',
    currency: 'Evolved learning rate, lessons in a lifetime, share of weights that do not learn.',
    head: ['arm', 'rate', 'lessons', 'frozen'],
    rows: Object.entries(arms).map(([arm, { about }]) => [
      about,
      spreadText(each(arm, 'rate'), 4),
      spreadText(each(arm, 'lessons'), 1),
      spreadText(each(arm, 'frozen'), 2),
    ]),
  };
  return { tables: [losses, genes, tieOf(results)], plots: plotsOf(results, arms) };
}

/** Things that the study does not claim. */
const tieOf = (results: Results): Table => ({
  title: 'What is not claimed',
  currency: 'Ratios of losses after 5 lessons; 1 is a tie.',
  head: ['comparison', 'ratio'],
  rows: [
    [
      'Lamarck / Baldwin',
      spreadText(
        results.each((of) => after(of, 'lamarck', 5) / after(of, 'baldwin', 5)),
        2,
      ),
    ],
    [
      'first-order MAML / Baldwin',
      spreadText(
        results.each((of) => after(of, 'fomaml', 5) / after(of, 'baldwin', 5)),
        2,
      ),
    ],
  ],
});

function plotsOf(results: Results, arms: Readonly<Record<string, { readonly about: string }>>): Plot[] {
  const curves = (arm: string, curve: string) => results.of(arm).map((result) => result.curves[curve] ?? []);
  const lineFor = (arm: string, curve: string) => lineOf(arm, curves(arm, curve));
  const sines = Object.keys(arms).filter((arm) => !arm.startsWith('mass') && arm !== 'darwin' && arm !== 'long');
  const masses = Object.keys(arms).filter((arm) => arm.startsWith('mass'));
  const [first] = results.of('baldwin');
  const generations = Object.keys(first?.curves ?? {}).filter((name) => name.startsWith('generation'));
  const shown = generations.filter(
    (_, i) => i % Math.ceil(generations.length / 7) === 0 || i === generations.length - 1,
  );
  const lessons = { label: 'lessons within a lifetime' };
  return [
    linePlot(
      'lessons',
      'Loss over lessons, champions on unseen tasks',
      lessons,
      { label: 'squared error' },
      sines.map((arm) => lineFor(arm, 'test')),
    ),
    linePlot(
      'generations',
      'Baldwin: lifetimes of one generation’s champion after another',
      lessons,
      { label: 'squared error' },
      shown.map((name) => lineOf(name, curves('baldwin', name))),
    ),
    linePlot(
      'cost',
      'Loss after 5 lessons over operations',
      { label: 'operations' },
      { label: 'squared error' },
      ['baldwin', 'lamarck', 'fomaml'].map((arm) => lineFor(arm, 'progress')),
    ),
    linePlot(
      'point-mass',
      'Point mass: minus the mean reward',
      lessons,
      { label: 'loss' },
      masses.map((arm) => lineFor(arm, 'test')),
    ),
  ];
}
