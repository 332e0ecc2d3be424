import type { RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { Card } from '@pathfold/ui/card';
import { useLivePaths, useLiveRouting } from '@pathfold/ui/live-paths';
import type { LiveRun } from '@pathfold/ui/live-run';
import { PathGrid } from '@pathfold/ui/path-grid';
import { PathNotices } from './path-notices.tsx';
import { client } from './queries.ts';
import { RoutingQuality } from './routing-quality.tsx';
import { RunGrowth } from './run-growth.tsx';
import { Shards } from './shards.tsx';
import { nameOf } from './volunteer-name.tsx';

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
  const paths = useLivePaths(client, live);
  const routing = useLiveRouting(client, live);
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
