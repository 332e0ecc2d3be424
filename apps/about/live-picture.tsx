import type { PathShard, RunResource, VolunteerResource } from '@pathfold/protocol/resources';
import { formatCount, plural } from '@pathfold/ui/formats';
import { Card } from '@pathfold/ui/layout/card';
import { EmptyState } from '@pathfold/ui/layout/empty-state';
import { PathGrid } from '@pathfold/ui/paths/path-grid';
import type { LivePaths } from '@pathfold/ui/run/live-paths';

const nameOf = (id: string, volunteers: readonly VolunteerResource[]): string =>
  volunteers.find((volunteer) => volunteer.id === id)?.name || 'a volunteer';

/** The modules and paths of the run that is shown, as they are now. */
export function LivePicture({
  run,
  paths,
  shards,
  volunteers,
}: {
  /** Undefined before the first answer; null when there is none. */
  readonly run: RunResource | null | undefined;
  readonly paths: LivePaths | null;
  readonly shards: readonly PathShard[];
  readonly volunteers: readonly VolunteerResource[];
}) {
  if (run === undefined) return <Card title="The model now">Looking for a run.</Card>;
  if (run === null)
    return (
      <Card title="The model now">
        <EmptyState title="No model is in training here">The picture appears as soon as there is one.</EmptyState>
      </Card>
    );
  return (
    <Card
      title={`“${run.name}” now`}
      aside={
        <span className="text-soft text-sm">
          round <span className="figure">{formatCount(run.round)}</span>, {plural(run.volunteerCount, 'volunteer')}
        </span>
      }
    >
      {paths ? (
        <PathGrid live={paths} shards={shards} nameOf={(id) => nameOf(id, volunteers)} />
      ) : (
        'Reading its modules.'
      )}
    </Card>
  );
}
