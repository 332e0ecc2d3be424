import type { RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { Card } from '@pathfold/ui/layout/card';
import { PathGrid } from '@pathfold/ui/paths/path-grid';
import type { LiveRun } from '@pathfold/ui/run/live-run';
import { nameOf } from '../volunteers/volunteer-name.tsx';
import { usePaths, useRouting } from './api.ts';
import { PathNotices } from './path-notices.tsx';
import { RoutingQuality } from './routing-quality.tsx';
import { RunGrowth } from './run-growth.tsx';
import { Shards } from './shards.tsx';

/** The modules and paths of a run, what they read, and how well texts find them. */
export function RunPaths({
  run,
  live,
  operator,
}: {
  readonly run: RunResource;
  readonly live: LiveRun;
  readonly operator: boolean;
}) {
  const paths = usePaths(live);
  const routing = useRouting(live);
  if (!paths) return null;
  const volunteers: readonly VolunteerResource[] = live.volunteers;
  return (
    <>
      <Card title={paths.paths.length === 1 ? 'Modules' : 'Modules and paths'}>
        <div className="grid min-w-0 gap-4">
          <PathNotices paths={paths.paths} />
          {operator && <RunGrowth run={run} paths={paths.paths} />}
          <PathGrid live={paths} shards={routing?.router ?? []} nameOf={(id) => nameOf(id, volunteers)} />
        </div>
      </Card>
      {routing && routing.router.length > 0 && (
        <>
          <RoutingQuality routing={routing} />
          <Shards router={routing.router} paths={paths.paths} />
        </>
      )}
    </>
  );
}
