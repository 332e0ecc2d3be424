import type { PathResource, RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { Card } from '@pathfold/ui/card';
import { plural } from '@pathfold/ui/formats';
import { useLivePaths, useLiveRouting } from '@pathfold/ui/live-paths';
import type { LiveRun } from '@pathfold/ui/live-run';
import { Notice } from '@pathfold/ui/notice';
import { PathGrid } from '@pathfold/ui/path-grid';
import { client } from './queries.ts';
import { RoutingQuality } from './routing-quality.tsx';
import { RunGrowth } from './run-growth.tsx';
import { Shards } from './shards.tsx';
import { nameOf } from './volunteer-name.tsx';

const NAMED = 12;

function namesOf(paths: readonly PathResource[]): string {
  const named = paths.slice(0, NAMED).map(({ id }) => id);
  return `${named.join(', ')}${paths.length > NAMED ? ` and ${paths.length - NAMED} more` : ''}`;
}

function Starving({ paths }: { readonly paths: readonly PathResource[] }) {
  return (
    <Notice tone="warning" title={`${plural(paths.length, 'path')} starving: ${namesOf(paths)}`}>
      The last round of one of their modules ended without a contribution of theirs, or nobody served them for two round
      deadlines in which others were served.
    </Notice>
  );
}

function Stopped({ paths }: { readonly paths: readonly PathResource[] }) {
  return (
    <Notice title={`${plural(paths.length, 'path')} stopped early: ${namesOf(paths)}`}>
      They had stopped improving on texts that no path trains on. Each answers with its best version; the modules that
      it shares go on with the others.
    </Notice>
  );
}

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
  const stopped = paths.paths.filter(({ kept }) => kept?.stopped);
  const starving = paths.paths.filter(({ stale }) => stale);
  const volunteers: readonly VolunteerResource[] = live.volunteers;
  return (
    <>
      <Card title={paths.paths.length === 1 ? 'Modules' : 'Modules and paths'}>
        <div className="grid min-w-0 gap-4">
          {starving.length > 0 && <Starving paths={starving} />}
          {stopped.length > 0 && <Stopped paths={stopped} />}
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
