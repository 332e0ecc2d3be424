import type { PathResource } from '@pathfold/protocol/resources';
import { plural } from '@pathfold/ui/formats';
import { Notice } from '@pathfold/ui/layout/notice';

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

/** Notices about some of its paths. */
export function PathNotices({ paths }: { readonly paths: readonly PathResource[] }) {
  const stopped = paths.filter(({ kept }) => kept?.stopped);
  const starving = paths.filter(({ stale }) => stale);
  return (
    <>
      {starving.length > 0 && <Starving paths={starving} />}
      {stopped.length > 0 && <Stopped paths={stopped} />}
    </>
  );
}
