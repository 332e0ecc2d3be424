import type { LeaseResource, VolunteerResource } from '@pathfold/protocol/resources';
import { Card } from '@pathfold/ui/card';
import { formatCount, formatDuration } from '@pathfold/ui/formats';
import { useNow } from '@pathfold/ui/relative-time';
import { Table } from '@pathfold/ui/table';
import { wordsOf } from '@pathfold/volunteer/works';
import { VolunteerName } from './volunteer-name.tsx';

function Remaining({ lease }: { lease: LeaseResource }) {
  const now = useNow(1000);
  const left = Date.parse(lease.grantedAt) + lease.durationMs - now;
  return <>{left > 0 ? formatDuration(left) : 'overdue'}</>;
}

/** What is being computed right now, by whom. */
export function Leases({
  leases,
  volunteers,
}: {
  readonly leases: readonly LeaseResource[];
  readonly volunteers: readonly VolunteerResource[];
}) {
  return (
    <Card title="Work under way">
      {leases.length === 0 ? (
        <p className="text-soft text-sm">Nobody holds a lease at this moment.</p>
      ) : (
        <Table<LeaseResource>
          caption="Leases"
          keyOf={(lease) => lease.id}
          rows={leases}
          columns={[
            { name: 'Task', cell: (lease) => `${wordsOf(lease.kind)?.doing ?? lease.kind} ${lease.key}` },
            { name: 'Volunteer', cell: (lease) => <VolunteerName id={lease.volunteer} volunteers={volunteers} /> },
            { name: 'Steps', numeric: true, cell: (lease) => formatCount(lease.steps) },
            { name: 'Time left', numeric: true, cell: (lease) => <Remaining lease={lease} /> },
          ]}
        />
      )}
    </Card>
  );
}
