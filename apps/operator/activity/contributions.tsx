import type { ContributionResource, VolunteerResource } from '@pathfold/protocol/resources';
import { formatBytes, formatCount } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { Table } from '@pathfold/ui/layout/table';
import { RelativeTime } from '@pathfold/ui/time/relative-time';
import { wordsOf } from '@pathfold/volunteer/works';
import { Problem } from '../lists/problem.tsx';
import { ShowOlder } from '../lists/show-older.tsx';
import { VolunteerName } from '../volunteers/volunteer-name.tsx';
import { useContributions } from './api.ts';

function Verdict({ contribution: { state, reason } }: { contribution: ContributionResource }) {
  return (
    <div className="max-w-72">
      <p className={state === 'rejected' ? 'font-semibold text-red' : undefined}>{state}</p>
      {reason && <p className="text-soft text-xs">{reason}</p>}
    </div>
  );
}

/** Bytes that the volunteer fetched for it, and the part from other volunteers. */
function Fetched({ bytes: { peers, coordinator } }: { bytes: ContributionResource['downloadedBytes'] }) {
  return (
    <>
      {formatBytes(peers + coordinator)}
      {peers > 0 && <p className="text-soft text-xs">{formatBytes(peers)} from peers</p>}
    </>
  );
}

/** The executor, its speed, and behind its name why it was chosen. Volunteers say it, and none is trusted. */
function Device({ executor }: Pick<ContributionResource, 'executor'>) {
  if (!executor) return '–';
  const { name, adapter, tokensPerSecond, reason } = executor;
  return (
    <div className="min-w-28">
      {reason ? (
        <details>
          <summary className="cursor-pointer">{name}</summary>
          <p className="w-0 min-w-full whitespace-normal break-words text-soft text-xs">
            {adapter}: {reason}.
          </p>
        </details>
      ) : (
        name
      )}
      <p className="text-soft text-xs">{formatCount(tokensPerSecond)} tokens/s</p>
    </div>
  );
}

/** The contributions of a run, the newest first, with the reason of each rejection. */
export function Contributions({ run, volunteers }: { run: string; volunteers: readonly VolunteerResource[] }) {
  const { items, error, showOlder } = useContributions(run);
  return (
    <Card title="Contributions">
      {!items && <Problem of={error} />}
      {items?.length === 0 && <p className="text-soft text-sm">Nothing was handed in yet.</p>}
      {items && items.length > 0 && (
        <Table<ContributionResource>
          caption="The newest contributions"
          keyOf={(contribution) => contribution.lease}
          rows={items}
          columns={[
            { name: 'Received', cell: (row) => <RelativeTime at={row.receivedAt} /> },
            {
              name: 'Kind',
              cell: (row) => <p className="min-w-24 whitespace-normal">{wordsOf(row.kind)?.doing ?? row.kind}</p>,
            },
            { name: 'Volunteer', cell: (row) => <VolunteerName id={row.volunteer} volunteers={volunteers} /> },
            { name: 'State', wraps: true, cell: (row) => <Verdict contribution={row} /> },
            { name: 'Steps', numeric: true, cell: (row) => formatCount(row.steps) },
            { name: 'Size', numeric: true, cell: (row) => formatBytes(row.bytes) },
            { name: 'Fetched', numeric: true, cell: (row) => <Fetched bytes={row.downloadedBytes} /> },
            { name: 'Computed by', cell: (row) => <Device executor={row.executor} /> },
          ]}
        />
      )}
      <ShowOlder showOlder={showOlder} />
    </Card>
  );
}
