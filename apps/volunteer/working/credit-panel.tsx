import { verdictOf } from '@pathfold/coordination/volunteer/status';
import { formatCount, plural } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { Table } from '@pathfold/ui/layout/table';
import { RelativeTime } from '@pathfold/ui/time/relative-time';
import type { Snapshot } from '@pathfold/volunteer/snapshot';
import { outcomeInWords } from './texts.ts';

type Outcome = Snapshot['outcomes'][number];

function Verdict({ outcome }: { outcome: Outcome }) {
  const verdict = verdictOf(outcome);
  return (
    <div>
      <p className={outcome.state === 'rejected' ? 'font-semibold text-red' : undefined}>{outcomeInWords(outcome)}</p>
      {verdict && <p className="text-soft text-xs">{verdict}</p>}
    </div>
  );
}

/** Accepted and rejected work, each with its reason, and the exact credit. */
export function CreditPanel({ snapshot }: { snapshot: Snapshot }) {
  const { outcomes } = snapshot;
  const rejected = outcomes.filter((outcome) => outcome.state === 'rejected').length;
  const accepted = outcomes.filter((outcome) => outcome.state === 'checked' || outcome.state === 'folded').length;
  return (
    <Card
      title="Credit"
      aside={
        <p className="text-sm">
          <span className="figure text-lg">{formatCount(snapshot.credit)}</span> tokens
        </p>
      }
    >
      <p className="text-soft text-sm">
        Credit counts the tokens of accepted work, in all visits with this identity.
        {outcomes.length > 0 &&
          ` This visit, newest ${plural(outcomes.length, 'piece')}: ${accepted} accepted, ${rejected} rejected.`}
      </p>
      {outcomes.length > 0 && (
        <div className="mt-3">
          <Table<Outcome>
            caption="The newest work of this visit"
            keyOf={(outcome) => outcome.lease}
            rows={outcomes.slice(0, 8)}
            columns={[
              { name: 'Outcome', wraps: true, cell: (outcome) => <Verdict outcome={outcome} /> },
              { name: 'Handed in', cell: (outcome) => <RelativeTime at={outcome.at} /> },
            ]}
          />
        </div>
      )}
    </Card>
  );
}
