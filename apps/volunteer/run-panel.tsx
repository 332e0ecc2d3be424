import type { HistoryPoint, RunResource } from '@pathfold/protocol/resources';
import { formatCompact, formatCount, formatLoss } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { Stat, Stats } from '@pathfold/ui/layout/stat';
import { ScoreChart } from '@pathfold/ui/run/score-chart';
import { StudyFacts } from '@pathfold/ui/run/study-facts';

const STATES: Record<RunResource['state'], string> = {
  preparing: 'is being prepared',
  training: 'is in training',
  paused: 'is paused',
  finished: 'is finished',
  failed: 'has failed',
};

/** A study trains nothing. */
const stateOf = ({ state, study }: RunResource): string =>
  study !== undefined && state === 'training' ? 'is under way' : STATES[state];

interface Props {
  readonly run: RunResource | null | undefined;
  readonly points: readonly HistoryPoint[];
  /** Whether this device has work of a run. */
  readonly working: boolean;
}

/** The run that work is for, as everyone sees it. */
export function RunPanel({ run, points, working }: Props) {
  if (run === undefined) return <Card title="The run">Looking for a run.</Card>;
  if (run === null)
    return (
      <Card title="The run">
        {working ? (
          <EmptyState title="A private run">
            Your device works on a run that is not open to everybody: only its operator sees how it goes.
          </EmptyState>
        ) : (
          <EmptyState title="There is no run to show">
            None is open to everybody now. You can lend your device all the same: it works when there is work, for
            private runs too.
          </EmptyState>
        )}
      </Card>
    );
  return (
    <Card title={`“${run.name}” ${stateOf(run)}`}>
      <div className="grid gap-5">
        {run.study === undefined ? (
          <>
            <ScoreChart baselines={run.baselines} points={points} />
            <Stats>
              <Stat label="Bits per byte" value={formatLoss(run.validBitsPerByte)} />
              <Stat label="Round" value={formatCount(run.round)} />
              <Stat label="Tokens trained on" value={formatCompact(run.tokens)} />
              <Stat label="Volunteers now" value={formatCount(run.volunteerCount)} />
            </Stats>
          </>
        ) : (
          <StudyFacts run={run} />
        )}
        {run.reason && <p className="text-soft text-sm">{run.reason}</p>}
      </div>
    </Card>
  );
}
