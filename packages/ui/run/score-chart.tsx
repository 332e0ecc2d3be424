import type { HistoryPoint, RunResource } from '@pathfold/protocol/resources';
import { useMemo } from 'react';
import { Chart } from '../charts/chart.tsx';

/** The run's bits per byte on held-out texts, with its baselines as lines. */
export function ScoreChart({
  baselines,
  points,
}: {
  readonly baselines: RunResource['baselines'];
  readonly points: readonly HistoryPoint[];
}) {
  const scored = useMemo(() => points.filter((point) => point.validBitsPerByte !== null), [points]);
  const x = useMemo(() => scored.map((point) => point.round), [scored]);
  const values = useMemo(() => scored.map((point) => point.validBitsPerByte), [scored]);
  const marks = useMemo(
    () =>
      baselines
        ? [
            { label: 'unigram', value: baselines.unigramBitsPerByte },
            { label: 'bigram', value: baselines.bigramBitsPerByte },
          ]
        : [],
    [baselines],
  );
  return (
    <Chart
      title="Held-out texts"
      yName="bits per byte, lower is better"
      xName="Round"
      x={x}
      traces={[{ label: 'model', tone: 'first', values }]}
      marks={marks}
      empty="The first score comes after the first rounds. Dashed lines will show what plain token statistics reach."
    />
  );
}
