import type { ContributionResource, VolunteerResource } from '@pathfold/protocol/resources';
import { Card } from '@pathfold/ui/card';
import { formatBytes, formatCount } from '@pathfold/ui/formats';
import { Notice } from '@pathfold/ui/notice';
import { RelativeTime } from '@pathfold/ui/relative-time';
import { Table } from '@pathfold/ui/table';
import { useQuery } from '@tanstack/react-query';
import { client, KEYS, sentenceOf } from './queries.ts';
import { VolunteerName } from './volunteer-name.tsx';

const SHOWN = 20;

function Verdict({ contribution: { state, reason } }: { contribution: ContributionResource }) {
  return (
    <div className="max-w-72">
      <p className={state === 'rejected' ? 'font-semibold text-red' : undefined}>{state}</p>
      {reason && <p className="text-soft text-xs">{reason}</p>}
    </div>
  );
}

/** The newest contributions of a run, with the reason of each rejection. */
export function Contributions({ run, volunteers }: { run: string; volunteers: readonly VolunteerResource[] }) {
  const { data, error } = useQuery({
    queryKey: KEYS.contributions(run),
    queryFn: ({ signal }) => client.runs.contributions(run, { limit: SHOWN }, signal),
  });
  return (
    <Card title="Contributions">
      {error && !data && <Notice tone="error" title={sentenceOf(error)} />}
      {data?.items.length === 0 && <p className="text-soft text-sm">Nothing was handed in yet.</p>}
      {data && data.items.length > 0 && (
        <Table<ContributionResource>
          caption={`The newest ${SHOWN} contributions`}
          keyOf={(contribution) => contribution.lease}
          rows={data.items}
          columns={[
            { name: 'Received', cell: (row) => <RelativeTime at={row.receivedAt} /> },
            { name: 'Kind', cell: (row) => row.kind },
            { name: 'Volunteer', cell: (row) => <VolunteerName id={row.volunteer} volunteers={volunteers} /> },
            { name: 'State', cell: (row) => <Verdict contribution={row} /> },
            { name: 'Steps', numeric: true, cell: (row) => formatCount(row.steps) },
            { name: 'Size', numeric: true, cell: (row) => formatBytes(row.bytes) },
            { name: 'Computed by', cell: (row) => row.executor?.name ?? '–' },
          ]}
        />
      )}
    </Card>
  );
}
