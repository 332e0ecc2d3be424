import type { CorpusResource } from '@pathfold/protocol/resources';
import { plural } from '@pathfold/ui/formats';

/** Lines that an upload left out: how many, which, and why. */
export function BadLines({ corpus: { badLines } }: { corpus: CorpusResource }) {
  if (badLines.count === 0) return null;
  return (
    <details>
      <summary className="text-amber text-xs">{plural(badLines.count, 'line')} left out</summary>
      <ul className="mt-1 max-h-40 overflow-y-auto text-soft text-xs">
        {badLines.first.map(({ line, reason }) => (
          <li key={line}>
            Line <span className="figure">{line}</span>: {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}
