import type { HistoryPoint, RunResource } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { Card } from '@pathfold/ui/card';
import { Chart } from '@pathfold/ui/chart';
import { formatBytes, formatCompact, formatCount, formatLoss, plural } from '@pathfold/ui/formats';
import type { LiveRun } from '@pathfold/ui/live-run';
import { Notice } from '@pathfold/ui/notice';
import { Progress } from '@pathfold/ui/progress';
import { ScoreChart } from '@pathfold/ui/score-chart';
import { Stat, Stats } from '@pathfold/ui/stat';
import { useMemo } from 'react';
import { Activity } from './activity.tsx';
import { believed } from './believed.ts';
import { Contributions } from './contributions.tsx';
import { Leases } from './leases.tsx';
import { RunActions } from './run-actions.tsx';
import { RunLamp } from './run-lamp.tsx';
import { RunMode } from './run-mode.tsx';
import { RunPaths } from './run-paths.tsx';
import { RunRollback } from './run-rollback.tsx';

function LossChart({ points }: { points: readonly HistoryPoint[] }) {
  const x = useMemo(() => points.map((point) => point.round), [points]);
  const traces = useMemo(
    () => [
      { label: 'training', tone: 'second' as const, values: points.map((point) => point.trainLoss) },
      { label: 'held out', tone: 'first' as const, values: points.map((point) => point.validLoss) },
    ],
    [points],
  );
  return (
    <Chart
      title="Loss"
      yName="nats a token"
      xName="Round"
      x={x}
      traces={traces}
      empty="Losses appear with the first rounds."
    />
  );
}

/** `4 paths of 2 x 2 experts`. */
function shapeInWords({ pathCount, spec }: RunResource): string {
  const experts = levelsOf(spec).map((level) => level.experts);
  return pathCount === 1 ? 'one path' : `${plural(pathCount, 'path')} of ${experts.join(' x ')} experts`;
}

/** Of which round the score is, and who is believed about it. */
function scoreInWords({ scoredRound, scoreConfirmed }: RunResource): string {
  if (scoredRound === null) return 'not scored yet';
  return `at round ${scoredRound}${scoreConfirmed === null ? '' : `, ${believed(scoreConfirmed)}`}`;
}

/** One run: its state, charts, figures, work and orders. */
export function RunDetail({
  run,
  live,
  operator,
  onRemoved,
}: {
  readonly run: RunResource;
  readonly live: LiveRun;
  readonly operator: boolean;
  readonly onRemoved: () => void;
}) {
  const last = live.points.at(-1);
  const { spec } = run;
  return (
    <div className="grid min-w-0 gap-5">
      <Card title={run.name} aside={<RunLamp state={run.state} />}>
        <div className="grid gap-5">
          {run.reason && <Notice tone={run.state === 'failed' ? 'error' : 'plain'} title={run.reason} />}
          {operator && <RunActions run={run} onRemoved={onRemoved} />}
          {operator && <RunMode run={run} />}
          {operator && <RunRollback run={run} points={live.points} />}
          <div className="grid gap-4 xl:grid-cols-2">
            <ScoreChart baselines={run.baselines} points={live.points} />
            <LossChart points={live.points} />
          </div>
          <Progress
            label="Inner steps of the run"
            value={run.steps}
            max={spec.totalSteps}
            text={`${formatCount(run.steps)} of ${formatCount(spec.totalSteps)} inner steps`}
          />
          <Stats>
            <Stat label="Round" value={formatCount(run.round)} />
            <Stat label="Bits per byte" value={formatLoss(run.validBitsPerByte)} detail={scoreInWords(run)} />
            <Stat label="Perplexity" value={run.perplexity === null ? '–' : run.perplexity.toFixed(1)} />
            <Stat label="Volunteers now" value={formatCount(run.volunteerCount)} />
            <Stat label="Tokens" value={formatCompact(run.tokens)} />
            <Stat
              label="Traffic"
              value={formatBytes((last?.uploadBytes ?? 0) + (last?.downloadBytes ?? 0))}
              detail={`${formatBytes(last?.uploadBytes ?? 0)} up`}
            />
          </Stats>
          <p className="text-soft text-xs">
            Trains on {run.corpus.name} ({run.corpus.licence}); weights {spec.licence}, {spec.visibility}.{' '}
            {formatCompact(run.parameterCount)} parameters in {shapeInWords(run)}: width {spec.model.width},{' '}
            {plural(spec.model.blocks, 'block')}, context {spec.model.context}; {stepsInWords(spec)}
            {spec.mode !== 'async' && `; ${plural(spec.replicas, 'replica')}, quorum ${spec.quorum}`}.
          </p>
        </div>
      </Card>
      <RunPaths run={run} live={live} operator={operator} />
      <Activity run={run.id} />
      <Leases leases={live.leases} volunteers={live.volunteers} />
      <Contributions run={run.id} volunteers={live.volunteers} />
    </div>
  );
}

const stepsInWords = ({ exchange, inner, outer }: RunResource['spec']): string =>
  exchange === 'gradients'
    ? `gradients of ${plural(inner.steps, 'batch', 'batches')} a round, AdamW at ${inner.learningRate} on the coordinator`
    : `${plural(inner.steps, 'inner step')} a round at ${inner.learningRate}; outer step ${outer.kind} at ${outer.learningRate}`;
