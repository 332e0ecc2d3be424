import type { Finding, StudyResource } from '@pathfold/protocol/study-spec';
import { Card } from '@pathfold/ui/layout/card';
import { boundOf, measuredOf, Seeds, Spread } from './spread.tsx';
import { Mark, WORDS } from './verdicts.tsx';

interface Props extends Pick<StudyResource, 'claims'> {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** Sentences, and below each what it rests on. */
export function Findings({ title, findings, claims }: Props) {
  if (findings.length === 0) return null;
  return (
    <Card title={title}>
      <ul className="grid gap-4">
        {findings.map(({ claim: id, says }) => {
          const claim = claims.find((one) => one.id === id);
          return (
            <li key={id} className="grid gap-1">
              <p>{says}</p>
              {claim && (
                <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-soft text-xs">
                  <span className="inline-flex items-center gap-1.5">
                    <Mark verdict={claim.verdict} />
                    {WORDS[claim.verdict]}
                  </span>
                  <span className="figure">{`${measuredOf(claim.measured)}, bound ${boundOf(claim.bound)}`}</span>
                  <Spread claim={claim} />
                  <Seeds n={claim.measured.n} />
                </p>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
