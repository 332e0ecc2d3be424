import { type Line, lineOf, linePlot, type Plot } from '../plots.ts';
import type { Results } from '../results.ts';
import type { Arm } from '../study.ts';
import { spreadText, type Table } from '../tables.ts';
import { loss, secondsTo } from './measures.ts';

type Arms = Readonly<Record<string, Arm>>;

export const report = (results: Results, arms: Arms) => ({
  tables: [endTable(results, arms), toyTable(results, arms)].filter((table) => table !== null),
  plots: [
    curvePlot(results, arms, 'steps', 'By local steps of all workers', 'local steps'),
    curvePlot(results, arms, 'seconds', 'By virtual time', 'virtual seconds'),
  ],
});

const isToy = (arm: string): boolean => arm.startsWith('toy');

/** The synchronous run of an arm's size, number of workers and churn. */
function reference(arm: string, arms: Arms): string {
  const size = arm.startsWith('small') ? 'small-' : '';
  if (arm.endsWith('churn')) return `${size}sync-churn`;
  const workers = /^small-\D+(8|16)$/.exec(arm)?.[1] ?? '';
  const own = `${size}sync${arm.includes('batch') ? '' : workers}`;
  return own in arms ? own : `${size}sync`;
}

const endTable = (results: Results, arms: Arms): Table => ({
  title: 'Every arm at its end',
  currency:
    'Local steps of all workers after the base, virtual seconds at the speeds of the arm (very heterogeneous unless it says otherwise). “Against synchronous” is the relative change in loss, that of bits a byte too, against the synchronous arm of the same size, number of workers and churn; an arm that diverged has no loss, and counts as bytes drawn at random (5.545 nats). Arms with churn end after different local steps: their claims compare them at the last one that both reached. Seconds to its loss: on an eighth of the test documents. Staleness: module versions, mean over contributions.',
  head: [
    ...['arm', '', 'nats a byte', 'against synchronous', 'local steps', 'virtual s'],
    ...['s to the synchronous loss', 'folds', 'staleness'],
  ],
  rows: Object.entries(arms)
    .filter(([name]) => !isToy(name))
    .map(([name, { about }]) => {
      const text = (figure: string, digits: number) =>
        spreadText(
          results.each((of) => of(name, figure)),
          digits,
        );
      const percent = spreadText(
        results.each((of) => 100 * loss(of, name, reference(name, arms))),
        2,
      );
      return [
        ...[name, about, text('nats', 4), percent.replace(/^([−\d.]+)/, '$1 %'), text('steps', 0), text('seconds', 0)],
        spreadText(
          results.each((of) => secondsTo(of, name, of(reference(name, arms), 'lastGlance'))),
          0,
        ),
        ...[text('folds', 0), text('staleness', 1)],
      ];
    }),
});

const toyTable = (results: Results, arms: Arms): Table | null =>
  Object.keys(arms).some(isToy)
    ? {
        title: 'The released toy',
        currency:
          'Loss in nats, and accuracy, on 1,024 points trained on and 1,024 others. Cosine: mean over the pairs of the first four outer gradients.',
        head: ['arm', '', 'loss', 'accuracy', 'loss, others', 'accuracy, others', 'virtual s', 'cosine'],
        rows: Object.entries(arms)
          .filter(([name]) => isToy(name))
          .map(([name, { about }]) => {
            const text = (figure: string, digits: number) =>
              spreadText(results.each((of) => of(name, figure)).slice(0, 1), digits);
            return [
              ...[name, about, text('loss', 4), text('accuracy', 3), text('testLoss', 4), text('testAccuracy', 3)],
              ...[text('seconds', 1), text('cosine', 3)],
            ];
          }),
      }
    : null;

const SHOWN = ['sync', 'window', 'no-window', 'naive', 'fedbuff', 'sgd', 'dn', 'window-browser'];

function curvePlot(results: Results, arms: Arms, curve: string, title: string, axis: string): Plot {
  const lines: Line[] = SHOWN.filter((arm) => arms[arm]).map((arm) =>
    lineOf(
      arms[arm]!.about,
      results.of(arm).flatMap(({ curves }) => (curves[curve] ? [curves[curve]] : [])),
    ),
  );
  return linePlot(
    curve,
    `${title} (an eighth of the test documents)`,
    { label: axis },
    { label: 'nats a byte' },
    lines,
  );
}
