import type { RunResource } from '@pathfold/protocol/resources';
import { formatLoss, plural } from '@pathfold/ui/formats';
import { RunLamp } from './run-lamp.tsx';

/** All runs; one is shown beside. */
export function RunList({
  runs,
  shown,
  onShow,
}: {
  readonly runs: readonly RunResource[];
  readonly shown: string | null;
  readonly onShow: (id: string) => void;
}) {
  return (
    <ul className="grid gap-2">
      {runs.map((run) => (
        <li key={run.id}>
          <button
            type="button"
            aria-pressed={run.id === shown}
            onClick={() => onShow(run.id)}
            className="grid w-full gap-1 rounded-sm border border-line bg-face px-4 py-3 text-left hover:border-edge aria-pressed:border-signal aria-pressed:bg-signal-wash"
          >
            <span className="flex items-baseline justify-between gap-3">
              <span className="min-w-0 truncate font-semibold">{run.name}</span>
              <RunLamp state={run.state} />
            </span>
            <span className="flex flex-wrap justify-between gap-x-4 text-soft text-xs">
              <span>
                round <span className="figure">{run.round}</span>, {plural(run.volunteerCount, 'volunteer')}
              </span>
              {run.study === undefined ? (
                <span>
                  <span className="figure">{formatLoss(run.validBitsPerByte)}</span> bits per byte
                </span>
              ) : (
                <span>a study</span>
              )}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
