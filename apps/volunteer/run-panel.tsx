import type { HistoryPoint, RunResource } from '@pathfold/protocol/resources';
import { Card } from '@pathfold/ui/card';
import { EmptyState } from '@pathfold/ui/empty-state';
import { formatCompact, formatCount, formatLoss } from '@pathfold/ui/formats';
import { ScoreChart } from '@pathfold/ui/score-chart';
import { Stat, Stats } from '@pathfold/ui/stat';

const STATES: Record<RunResource['state'], string> = {
  preparing: 'is being prepared',
  training: 'is in training',
  paused: 'is paused by the operator',
  finished: 'is finished',
  failed: 'has failed',
};

/** The model in training, as everyone sees it. */
export function RunPanel({ run, points }: { run: RunResource | null | undefined; points: readonly HistoryPoint[] }) {
  if (run === undefined) return <Card title="The model">Looking for a run.</Card>;
  if (run === null)
    return (
      <Card title="The model">
        <EmptyState title="No model is in training here">
          The operator has not started a run. You can lend your device now: work begins when there is some.
        </EmptyState>
      </Card>
    );
  return (
    <Card title={`“${run.name}” ${STATES[run.state]}`}>
      <div className="grid gap-5">
        <ScoreChart baselines={run.baselines} points={points} />
        <Stats>
          <Stat label="Bits per byte" value={formatLoss(run.validBitsPerByte)} />
          <Stat label="Round" value={formatCount(run.round)} />
          <Stat label="Tokens trained on" value={formatCompact(run.tokens)} />
          <Stat label="Volunteers now" value={formatCount(run.volunteerCount)} />
        </Stats>
        {run.reason && <p className="text-soft text-sm">{run.reason}</p>}
      </div>
    </Card>
  );
}
