import type { HistoryPoint, RunResource } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { Chart } from '@pathfold/ui/charts/chart';
import { formatBytes, formatCompact, formatCount, formatLoss, plural } from '@pathfold/ui/formats';
import { Progress } from '@pathfold/ui/layout/progress';
import { Stat, Stats } from '@pathfold/ui/layout/stat';
import { ScoreChart } from '@pathfold/ui/run/score-chart';
import { useMemo } from 'react';
import { believed } from '../routing/believed.ts';

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

/** The round of the score, and its source. */
function scoreInWords({ scoredRound, scoreConfirmed }: RunResource): string {
  if (scoredRound === null) return 'not scored yet';
  return `at round ${scoredRound}${scoreConfirmed === null ? '' : `, ${believed(scoreConfirmed)}`}`;
}

const stepsInWords = ({ exchange, inner, outer }: RunResource['spec']): string =>
  exchange === 'gradients'
    ? `gradients of ${plural(inner.steps, 'batch', 'batches')} a round, AdamW at ${inner.learningRate} on the coordinator`
    : `${plural(inner.steps, 'inner step')} a round at ${inner.learningRate}; outer step ${outer.kind} at ${outer.learningRate}`;

/** How well the model of a run does, how far it is, and what it is made of. */
export function RunModel({ run, points }: { readonly run: RunResource; readonly points: readonly HistoryPoint[] }) {
  const last = points.at(-1);
  const { spec } = run;
  return (
    <>
      <div className="grid gap-4 xl:grid-cols-2">
        <ScoreChart baselines={run.baselines} points={points} />
        <LossChart points={points} />
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
    </>
  );
}
