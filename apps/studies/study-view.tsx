import type { Chart, StudyResource } from '@pathfold/protocol/study-spec';
import { Card } from '@pathfold/ui/layout/card';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { ChartView } from './chart-view.tsx';
import { ClaimsTable } from './claims-table.tsx';
import { Findings } from './findings.tsx';
import { Picture } from './picture.tsx';
import type { LiveStudy } from './use-gallery.ts';
import { Verdicts } from './verdicts.tsx';

/** Titles name generations, which go on: what stays is the words before. */
const keyOf = ({ title }: Chart): string => title.split(' (')[0]!;

interface Props {
  readonly study: StudyResource;
  readonly live: readonly LiveStudy[];
  /** Address of its picture. */
  readonly picture: string;
}

/** The page of one study: picture and finding, its live picture while volunteers work, claims, paper, command. */
export function StudyView({ study, live, picture }: Props) {
  const { title, question, paper, here, claims } = study;
  return (
    <article className="grid gap-4">
      <header>
        <h1 className="font-semibold text-2xl">{title}</h1>
        <p className="mt-1 max-w-prose text-lg text-soft">{question}</p>
      </header>
      {here ? (
        <>
          <Card>
            <div className="grid items-start gap-5 lg:grid-cols-[3fr_2fr]">
              <Picture here={here} address={picture} />
              <div className="grid gap-4">
                <p className="text-lg">{here.found}</p>
                <Verdicts claims={claims} />
                <Paper paper={paper} />
              </div>
            </div>
          </Card>
          <div className="grid items-start gap-4 lg:grid-cols-2">
            <Findings title="Main findings" findings={here.findings} claims={claims} />
            <Findings title="Did not hold, or stays open" findings={here.open} claims={claims} />
          </div>
        </>
      ) : (
        <Card>
          <div className="grid gap-4">
            <Paper paper={paper} />
            <EmptyState title="Not measured here yet">
              No command and no kind of work does this study so far. Nothing is claimed.
            </EmptyState>
          </div>
        </Card>
      )}
      {live.map((one) => (
        <LiveRun key={one.run.id} live={one} />
      ))}
      {here && (
        <>
          <ClaimsTable title={title} claims={claims} />
          <Card title="Run it again">
            <div className="grid gap-2">
              <p>
                <code>{here.command}</code>
              </p>
              {live.length === 0 && (
                <p className="text-soft text-sm">
                  {study.network
                    ? 'When an operator starts it here, its picture is drawn on this page while volunteers work.'
                    : 'No kind of work here does this study: the command computes it on one machine.'}
                </p>
              )}
            </div>
          </Card>
        </>
      )}
    </article>
  );
}

const Paper = ({ paper }: Pick<StudyResource, 'paper'>) => (
  <p className="text-sm">
    <span className="text-soft">{`The paper: ${paper.found}`}</span>{' '}
    <a href={paper.url} className="underline underline-offset-2">
      {paper.title}
    </a>
  </p>
);

function LiveRun({ live: { run, charts } }: { readonly live: LiveStudy }) {
  return (
    <Card title={`${run.name}: ${run.state}, round ${run.round}`}>
      <div className="grid gap-4 lg:grid-cols-2">
        {charts.length === 0 && <p className="text-soft text-sm">The first figures are on their way.</p>}
        {charts.map((chart) => (
          <div key={keyOf(chart)}>
            <p className="text-sm">{chart.title}</p>
            {chart.note && <p className="text-soft text-sm">{chart.note}</p>}
            <ChartView chart={chart} />
          </div>
        ))}
      </div>
    </Card>
  );
}
