import type { ActivityResource } from '@pathfold/protocol/resources';
import { formatCount, plural } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { Stat, Stats } from '@pathfold/ui/layout/stat';
import { useActivity } from './api.ts';
import { Bars } from './bars.tsx';
import { Timeline } from './timeline.tsx';

const MINUTES = 15;

const percent = (part: number | null): string => (part === null ? '–' : `${(100 * part).toFixed(0)} %`);

const rangeInWords = (least: number, most: number): string =>
  least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`;

/** The work of the last minutes, its staleness, and the speeds of volunteers. */
export function Activity({ run }: { readonly run: string }) {
  const { data } = useActivity(run, MINUTES);
  // Less is told where many volunteers have short leases.
  const told = data ? Math.max(1, Math.round((Date.parse(data.to) - Date.parse(data.from)) / 60_000)) : MINUTES;
  return (
    <Card title={`The last ${plural(told, 'minute')}`}>
      {!data && <p className="text-soft text-sm">Reading who did what…</p>}
      {data?.volunteers.length === 0 && (
        <EmptyState title="Nobody was here">
          Volunteers that compute for this run, or wait for its work, appear here.
        </EmptyState>
      )}
      {data && data.volunteers.length > 0 && <Shown activity={data} />}
    </Card>
  );
}

function Shown({ activity }: { readonly activity: ActivityResource }) {
  const { volunteers, utilisation, meanStaleness, staleness, speeds } = activity;
  const folded = staleness.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="grid gap-5">
      <Stats>
        <Stat label="Utilisation" value={percent(utilisation)} detail="of the time lent" />
        <Stat label="Volunteers" value={formatCount(volunteers.length)} detail="computed or waited" />
        <Stat
          label="Mean staleness"
          value={meanStaleness === null ? '–' : meanStaleness.toFixed(1)}
          detail={plural(folded, 'contribution')}
        />
      </Stats>
      <Timeline activity={activity} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Bars
          title="Staleness"
          name="module versions"
          rows={staleness.map(({ least, most, count }) => ({ label: rangeInWords(least, most), count }))}
          empty="Appears with the first folds."
        />
        <Bars
          title="Speed of volunteers"
          name="tokens a second, from grant to arrival"
          rows={speeds.map(({ value, count }) => ({ label: `${formatCount(value)} and up`, count }))}
          empty="Appears with the first contributions."
        />
      </div>
    </div>
  );
}
