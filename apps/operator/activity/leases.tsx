import type { LeaseResource, VolunteerResource } from '@pathfold/protocol/resources';
import { formatCount, formatDuration } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { Table } from '@pathfold/ui/layout/table';
import { RelativeTime } from '@pathfold/ui/time/relative-time';
import { wordsOf } from '@pathfold/volunteer/works';
import { VolunteerName } from '../volunteers/volunteer-name.tsx';

/** The leases under way and their volunteers. */
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
            { name: 'Given', cell: (lease) => <RelativeTime at={lease.grantedAt} /> },
            { name: 'For at most', numeric: true, cell: (lease) => formatDuration(lease.durationMs) },
          ]}
        />
      )}
    </Card>
  );
}
