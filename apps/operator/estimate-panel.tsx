import type { EstimateResource } from '@pathfold/protocol/resources';
import { formatBytes, formatCompact, formatDuration } from '@pathfold/ui/formats';
import { Stat, Stats } from '@pathfold/ui/stat';

const MINUTE_MS = 60_000;

/** What a run would cost, before it exists. */
export function EstimatePanel({ estimate }: { estimate: EstimateResource | undefined }) {
  const show = (write: (estimate: EstimateResource) => string) => (estimate ? write(estimate) : '–');
  return (
    <Stats>
      <Stat label="Parameters" value={show((e) => formatCompact(e.parametersTotal))} />
      <Stat label="Memory" value={show((e) => formatBytes(e.memoryBytes))} detail="on each volunteer" />
      <Stat
        label="Traffic a round"
        value={show((e) => formatBytes(e.downloadBytesPerRound + e.uploadBytesPerRound))}
        detail="down and up, each volunteer"
      />
      <Stat label="A round takes" value={show((e) => formatDuration(e.minutesPerRound * MINUTE_MS))} />
      <Stat label="The run takes" value={show((e) => formatDuration(e.minutesTotal * MINUTE_MS))} />
    </Stats>
  );
}
