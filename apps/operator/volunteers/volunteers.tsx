import type { VolunteerResource } from '@pathfold/protocol/resources';
import { Button } from '@pathfold/ui/controls/button';
import { Confirm } from '@pathfold/ui/controls/dialog';
import { formatCount, formatMeasured } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { type Column, Table } from '@pathfold/ui/layout/table';
import { RelativeTime } from '@pathfold/ui/time/relative-time';
import { useState } from 'react';
import { Asking } from '../lists/asking.tsx';
import { Problem } from '../lists/problem.tsx';
import { ShowOlder } from '../lists/show-older.tsx';
import type { Pages } from '../lists/use-pages.ts';
import { useBan } from './api.ts';
import { VolunteerName } from './volunteer-name.tsx';

const STATES: Record<VolunteerResource['state'], string> = {
  working: 'working',
  waiting: 'waiting for work',
  away: 'connected, takes no work',
  gone: 'gone',
  banned: 'banned',
};

const nameOf = (volunteer: VolunteerResource): string => volunteer.name || volunteer.id;

/** The volunteers, their contributions, and the ban. */
export function Volunteers({
  volunteers,
  operator,
  showOlder,
}: {
  /** Undefined before the first answer. */
  readonly volunteers: readonly VolunteerResource[] | undefined;
  readonly operator: boolean;
} & Pick<Pages<unknown>, 'showOlder'>) {
  const [asking, setAsking] = useState<VolunteerResource | null>(null);
  const ban = useBan(() => setAsking(null));
  const columns: Column<VolunteerResource>[] = [
    {
      name: 'Name',
      cell: (row) => (
        <div>
          <VolunteerName id={row.id} volunteers={[row]} />
          <p className="text-soft text-xs">{row.agent === 'browser' ? 'a browser' : 'a headless process'}</p>
        </div>
      ),
    },
    { name: 'State', cell: (row) => STATES[row.state] },
    { name: 'Tokens a second', numeric: true, cell: (row) => formatMeasured(row.executor?.tokensPerSecond) },
    { name: 'Credit', numeric: true, cell: (row) => formatCount(row.credit) },
    { name: 'Accepted', numeric: true, cell: (row) => formatCount(row.acceptedCount) },
    { name: 'Rejected', numeric: true, cell: (row) => formatCount(row.rejectedCount) },
    { name: 'Last change', cell: (row) => <RelativeTime at={row.seenAt} /> },
  ];
  if (operator)
    columns.push({
      name: 'Orders',
      cell: (row) =>
        row.state !== 'banned' && (
          <Button size="small" tone="danger" aria-label={`Ban ${nameOf(row)}`} onClick={() => setAsking(row)}>
            Ban
          </Button>
        ),
    });
  return (
    <Card title="Volunteers">
      <Problem of={ban.error} />
      {!volunteers && <Asking />}
      {volunteers?.length === 0 && (
        <EmptyState title="Nobody has joined yet">
          Open the Lend page on any machine, or run <code>npm run volunteer -- --url {location.origin}</code> on one
          without a screen.
        </EmptyState>
      )}
      {volunteers && volunteers.length > 0 && (
        <Table caption="Everyone who took part" keyOf={(row) => row.id} rows={volunteers} columns={columns} />
      )}
      <ShowOlder what="volunteers" showOlder={showOlder} />
      {asking && (
        <Confirm
          title={`Ban ${nameOf(asking)}?`}
          action="Ban this volunteer"
          busy={ban.isPending}
          onConfirm={() => ban.mutate(asking.id)}
          onClose={() => setAsking(null)}
        >
          <p>
            It gets no more work, and its open work is given to someone else. What was folded before stays in the model.
            A person can come back with a new identity.
          </p>
        </Confirm>
      )}
    </Card>
  );
}
