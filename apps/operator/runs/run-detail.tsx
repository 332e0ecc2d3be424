import type { RunResource } from '@pathfold/protocol/resources';
import { Card } from '@pathfold/ui/layout/card';
import { Notice } from '@pathfold/ui/layout/notice';
import type { LiveRun } from '@pathfold/ui/run/live-run';
import { StudyFacts } from '@pathfold/ui/run/study-facts';
import { Activity } from '../activity/activity.tsx';
import { Contributions } from '../activity/contributions.tsx';
import { Leases } from '../activity/leases.tsx';
import { RunPaths } from '../routing/run-paths.tsx';
import { RunActions } from './run-actions.tsx';
import { RunLamp } from './run-lamp.tsx';
import { RunMode } from './run-mode.tsx';
import { RunModel } from './run-model.tsx';
import { RunRollback } from './run-rollback.tsx';

/** One run: its state, charts, figures, work and orders. A study has no model, and none of a model's cards and orders. */
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
  const isStudy = run.study !== undefined;
  return (
    <div className="grid min-w-0 gap-5">
      <Card title={run.name} aside={<RunLamp state={run.state} />}>
        <div className="grid gap-5">
          {run.reason && <Notice tone={run.state === 'failed' ? 'error' : 'plain'} title={run.reason} />}
          {operator && <RunActions run={run} onRemoved={onRemoved} />}
          {operator && !isStudy && <RunMode run={run} />}
          {operator && !isStudy && <RunRollback run={run} points={live.points} />}
          {isStudy ? <StudyFacts run={run} /> : <RunModel run={run} points={live.points} />}
        </div>
      </Card>
      {!isStudy && <RunPaths run={run} live={live} operator={operator} />}
      <Activity run={run.id} />
      <Leases leases={live.leases} volunteers={live.volunteers} />
      <Contributions run={run.id} volunteers={live.volunteers} />
    </div>
  );
}
