import type { EstimateResource } from '@pathfold/protocol/resources';
import { formatBytes, formatCompact, formatDuration, plural } from '@pathfold/ui/formats';
import { Stat, Stats } from '@pathfold/ui/layout/stat';

const MINUTE_MS = 60_000;

/** The cost of a run, before it exists. */
export function EstimatePanel({ estimate }: { estimate: EstimateResource | undefined }) {
  const show = (write: (estimate: EstimateResource) => string) => (estimate ? write(estimate) : '–');
  return (
    <>
      <Stats>
        <Stat
          label="Parameters of a path"
          value={show((e) => formatCompact(e.parametersPerPath))}
          detail={estimate && `${formatCompact(estimate.parametersTotal)} in ${plural(estimate.pathCount, 'path')}`}
        />
        <Stat label="Memory" value={show((e) => formatBytes(e.memoryBytes))} detail="on each volunteer" />
        <Stat
          label="Traffic a round"
          value={show((e) => formatBytes(e.downloadBytesPerRound + e.uploadBytesPerRound))}
          detail={estimate && `each volunteer; ${formatBytes(estimate.coordinatorBytesPerRound)} at the coordinator`}
        />
        <Stat
          label="A round takes"
          value={show((e) => formatDuration(e.minutesPerRound * MINUTE_MS))}
          detail={estimate && `with ${plural(estimate.volunteers, 'volunteer')}`}
        />
        <Stat
          label="The run takes"
          value={show((e) => formatDuration(e.minutesTotal * MINUTE_MS))}
          detail={
            estimate &&
            estimate.baseMinutes > 0 &&
            `${formatDuration(estimate.baseMinutes * MINUTE_MS)} of it for the base`
          }
        />
      </Stats>
      {estimate && (
        <p className="mt-3 text-soft text-xs">
          Training alone{estimate.baseMinutes > 0 && ', the base included'}.{' '}
          {estimate.pathCount > 1 ? 'Routing and scoring come' : 'Scoring comes'} on top.
        </p>
      )}
    </>
  );
}
