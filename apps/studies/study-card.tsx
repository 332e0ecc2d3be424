import { type Chart, type StudyResource, VERDICTS } from '@pathfold/protocol/study-spec';
import { Card } from '@pathfold/ui/layout/card';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { ChartView } from './chart-view.tsx';
import type { LiveStudy } from './use-gallery.ts';

const figure = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(3))));

const spread = ({ mean, std }: StudyResource['claims'][number]['measured']): string =>
  `${figure(mean)}${std === null ? '' : ` ± ${figure(std)}`}`;

const WORDS = { held: 'held', not_held: 'not held', undecided: 'undecided', not_measured: 'not measured' };

const countsOf = (claims: StudyResource['claims']): string =>
  VERDICTS.map((which) => `${claims.filter(({ verdict }) => verdict === which).length} ${WORDS[which]}`).join(', ');

function Claims({ title, claims }: Pick<StudyResource, 'title' | 'claims'>) {
  if (claims.length === 0) return <p className="text-soft text-sm">No results are shipped with this version yet.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by the keys
    <section tabIndex={0} aria-label={`Claims of ${title}`} className="overflow-x-auto">
      <p className="text-sm">{`Claims: ${countsOf(claims)}.`}</p>
      <p className="text-soft text-sm">
        Undecided: the 95 % interval over seeds crosses the bound, or there are fewer than three seeds.
      </p>
      <table className="w-full text-left text-sm">
        <thead>
          <tr>
            {['Claim', 'Verdict', 'Measured', 'Bound', 'Seeds'].map((head) => (
              <th key={head} scope="col" className="py-1 pr-3">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {claims.map((one) => {
            const { id, claim, bound, measured } = one;
            return (
              <tr key={id} className="border-line border-t align-top">
                <td className="min-w-48 py-1 pr-3">{claim}</td>
                <td className="py-1 pr-3">{WORDS[one.verdict]}</td>
                <td className="py-1 pr-3 whitespace-nowrap">{spread(measured)}</td>
                <td className="py-1 pr-3 whitespace-nowrap">{`${bound.op === '<=' ? '≤' : '≥'} ${figure(bound.value)}`}</td>
                <td className="py-1">{measured.n}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Titles name generations, which go on: what stays is the words before. */
const keyOf = ({ title }: Chart): string => title.split(' (')[0]!;

/** One study: its question, its picture while volunteers work, its claims, its paper, its command. */
export function StudyCard({ study, live }: { readonly study: StudyResource; readonly live: readonly LiveStudy[] }) {
  return (
    <Card title={study.title}>
      <div className="grid gap-4">
        <p>{study.question}</p>
        {live.length === 0 && (
          <EmptyState title={study.network ? 'Nobody runs it here now' : 'Computed by its command'}>
            {study.network
              ? 'When an operator starts it, its picture is drawn here while volunteers work.'
              : 'No kind of work here does this study: the command below computes it on one machine.'}
          </EmptyState>
        )}
        {live.map(({ run, charts }) => (
          <section key={run.id} aria-label={`Run ${run.name}`} className="grid gap-2">
            <h3 className="font-semibold">{`${run.name}: ${run.state}, round ${run.round}`}</h3>
            {charts.length === 0 && <p className="text-soft text-sm">The first figures are on their way.</p>}
            {charts.map((chart) => (
              <div key={keyOf(chart)}>
                <p className="text-sm">{chart.title}</p>
                {chart.note && <p className="text-soft text-sm">{chart.note}</p>}
                <ChartView chart={chart} />
              </div>
            ))}
          </section>
        ))}
        <Claims title={study.title} claims={study.claims} />
        <p className="text-sm">
          Paper:{' '}
          <a href={study.paper.url} className="underline underline-offset-2">
            {study.paper.title}
          </a>
          . Command: <code>{study.command}</code>
        </p>
      </div>
    </Card>
  );
}
