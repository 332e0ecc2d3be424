import { type StudyResource, VERDICTS, type Verdict } from '@pathfold/protocol/study-spec';
import { Button } from '@pathfold/ui/controls/button';
import { Card } from '@pathfold/ui/layout/card';
import { type Column, Table } from '@pathfold/ui/layout/table';
import { useState } from 'react';
import { boundOf, measuredOf, Seeds, Spread } from './spread.tsx';
import { countOf, Mark, WORDS } from './verdicts.tsx';

type Claim = StudyResource['claims'][number];

const COLUMNS: readonly Column<Claim>[] = [
  { name: 'Claim', cell: ({ claim }) => claim, wraps: true },
  {
    name: 'Verdict',
    cell: ({ verdict }) => (
      <span className="inline-flex items-center gap-2">
        <Mark verdict={verdict} />
        {WORDS[verdict]}
      </span>
    ),
  },
  { name: 'Measured', numeric: true, cell: ({ measured }) => measuredOf(measured) },
  { name: 'Bound', numeric: true, cell: ({ bound }) => boundOf(bound) },
  { name: 'Interval', cell: (claim) => <Spread claim={claim} /> },
  { name: 'Seeds', cell: ({ measured: { n } }) => <Seeds n={n} /> },
];

/** All claims of a study, or those of one verdict. */
export function ClaimsTable({ title, claims }: Pick<StudyResource, 'title' | 'claims'>) {
  const [only, setOnly] = useState<Verdict | null>(null);
  if (claims.length === 0) return <p className="text-soft text-sm">No results are shipped with this version yet.</p>;
  const choices = [null, ...VERDICTS.filter((which) => countOf(claims, which) > 0)];
  return (
    <Card title="All claims">
      <div className="grid gap-3">
        <fieldset className="flex flex-wrap gap-2">
          <legend className="sr-only">Show claims</legend>
          {choices.map((which) => (
            <Button
              key={which}
              size="small"
              tone={which === only ? 'primary' : 'plain'}
              aria-pressed={which === only}
              onClick={() => setOnly(which)}
            >
              {which === null ? `All ${claims.length}` : `${countOf(claims, which)} ${WORDS[which]}`}
            </Button>
          ))}
        </fieldset>
        <p className="max-w-prose text-soft text-xs">
          A dot is the mean over seeds, the bar through it the 95 % interval, the line the bound, the shaded side the
          good one. Undecided: the interval crosses the bound, or there are fewer than three seeds.
        </p>
        <Table
          caption={`Claims of ${title}`}
          columns={COLUMNS}
          rows={claims.filter(({ verdict }) => only === null || verdict === only)}
          keyOf={({ id }) => id}
        />
      </div>
    </Card>
  );
}
