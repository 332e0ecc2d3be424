import type { RunResource } from '@pathfold/protocol/resources';
import { formatCount } from '../formats.ts';
import { Stat, Stats } from '../layout/stat.tsx';

/** Facts about a run that is a study, and a link to its picture. */
export function StudyFacts({ run }: { readonly run: Pick<RunResource, 'round' | 'volunteerCount'> }) {
  return (
    <>
      <p className="text-sm">
        This run is a study: it trains no language model. Its figures are drawn on the page{' '}
        <a href="/studies" className="underline underline-offset-2">
          Studies
        </a>
        .
      </p>
      <Stats>
        <Stat label="Round" value={formatCount(run.round)} />
        <Stat label="Volunteers now" value={formatCount(run.volunteerCount)} />
      </Stats>
    </>
  );
}
