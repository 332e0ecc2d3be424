import { type StudyResource, VERDICTS, type Verdict } from '@pathfold/protocol/study-spec';

type Claims = StudyResource['claims'];

export const WORDS: Readonly<Record<Verdict, string>> = {
  held: 'held',
  not_held: 'not held',
  undecided: 'undecided',
  not_measured: 'not measured',
};

const FILLS = { held: 'bg-signal', not_held: 'bg-red', undecided: 'bg-amber', not_measured: 'bg-edge' };

export const countOf = (claims: Claims, which: Verdict): number =>
  claims.filter(({ verdict }) => verdict === which).length;

/** The square of its colour. */
export const Mark = ({ verdict }: { readonly verdict: Verdict }) => (
  <span aria-hidden className={`inline-block size-2.5 shrink-0 rounded-sm ${FILLS[verdict]}`} />
);

/** The claims by verdict, as a bar and in words. */
export function Verdicts({ claims }: { readonly claims: Claims }) {
  return (
    <div className="grid gap-1.5">
      <div aria-hidden className="flex h-1.5 gap-px overflow-hidden rounded-sm">
        {VERDICTS.map((which) => (
          <span key={which} className={FILLS[which]} style={{ flexGrow: countOf(claims, which) }} />
        ))}
      </div>
      <ul className="flex flex-wrap gap-x-3 text-xs">
        {VERDICTS.map((which) => (
          <li key={which} className="inline-flex items-center gap-1.5 whitespace-nowrap">
            <Mark verdict={which} />
            {`${countOf(claims, which)} ${WORDS[which]}`}
          </li>
        ))}
      </ul>
    </div>
  );
}
