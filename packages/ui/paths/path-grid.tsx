import type { ModuleResource, PathResource, PathShard } from '@pathfold/protocol/resources';
import { useMemo, useState } from 'react';
import { formatAge, formatCount, formatLoss, plural } from '../formats.ts';
import { Table } from '../layout/table.tsx';
import type { LivePaths } from '../run/live-paths.tsx';
import { useNow } from '../time/relative-time.tsx';
import { gridOf } from './grid-shape.ts';
import { PathChips } from './path-chips.tsx';
import { PathFacts } from './path-facts.tsx';
import { PathPicture } from './path-picture.tsx';

const stateOf = ({ stale, trainers, kept }: PathResource): string =>
  [
    stale && 'starving',
    trainers.length > 0 && 'in training',
    kept?.stopped && `stopped early, answers as of round ${kept.round}`,
  ]
    .filter(Boolean)
    .join(', ') || 'waiting';

function trainingInWords(busy: number, all: number): string {
  if (busy === 0) return 'No path is in training now.';
  return `${formatCount(busy)} of ${plural(all, 'path')} in training now: ${busy === 1 ? 'its line moves' : 'their lines move'}.`;
}

function Tables({
  live: { paths, modules },
  sinceMs,
  nameOf,
}: {
  readonly live: LivePaths;
  readonly sinceMs: (module: string) => number | null;
  readonly nameOf: (volunteer: string) => string;
}) {
  return (
    <details className="border-line border-t pt-3">
      <summary className="font-semibold text-sm">The same as tables</summary>
      <div className="mt-2 grid gap-5">
        <Table<PathResource>
          caption="Paths"
          keyOf={(path) => path.id}
          rows={paths}
          columns={[
            { name: 'Path', cell: (path) => <span className="figure">{path.id}</span> },
            { name: 'Round', numeric: true, cell: (path) => formatCount(path.round) },
            { name: 'Inner steps', numeric: true, cell: (path) => formatCount(path.steps) },
            { name: 'Tokens to read', numeric: true, cell: (path) => formatCount(path.shardTokens) },
            { name: 'Bits per byte', numeric: true, cell: (path) => formatLoss(path.bitsPerByte) },
            { name: 'State', cell: stateOf },
            { name: 'Trained now by', cell: (path) => path.trainers.map(nameOf).join(', ') || 'nobody' },
          ]}
        />
        <Table<ModuleResource>
          caption="Modules"
          keyOf={(module) => module.name}
          rows={modules}
          columns={[
            { name: 'Module', cell: (module) => <span className="figure">{module.name}</span> },
            { name: 'Version', numeric: true, cell: (module) => formatCount(module.version) },
            {
              name: 'Newest version',
              cell: (module) => {
                const age = sinceMs(module.name);
                return age === null ? 'not stepped yet' : formatAge(0, age);
              },
            },
            { name: 'Parameters', numeric: true, cell: (module) => formatCount(module.parameterCount) },
            {
              name: 'Paths that cross it',
              numeric: true,
              cell: (module) => formatCount(paths.filter((path) => path.modules.includes(module.name)).length),
            },
          ]}
        />
      </div>
    </details>
  );
}

/** The modules of a run and its paths through them, live; a path is lit by pointing at it, or by key. */
export function PathGrid({
  live,
  shards,
  nameOf,
}: {
  readonly live: LivePaths;
  /** The texts of each path; empty before documents are routed. */
  readonly shards: readonly PathShard[];
  readonly nameOf: (volunteer: string) => string;
}) {
  const now = useNow();
  const [pointed, setPointed] = useState<readonly string[] | null>(null);
  const [kept, setKept] = useState<string | null>(null);
  const { paths, modules, readAt } = live;
  const grid = useMemo(() => gridOf(paths, modules), [paths, modules]);
  const byName = useMemo(() => new Map(modules.map((module) => [module.name, module])), [modules]);
  const sinceMs = (name: string) => {
    const since = byName.get(name)?.sinceStepMs ?? null;
    return since === null ? null : since + Math.max(0, now - readAt);
  };
  const lit = pointed ?? (kept === null ? null : [kept]);
  const shown = lit?.length === 1 ? paths.find((path) => path.id === lit[0]) : undefined;
  const busy = paths.filter((path) => path.trainers.length > 0);
  return (
    <div className="grid min-w-0 gap-4">
      <PathPicture
        grid={grid}
        ageMs={sinceMs}
        busy={new Set(busy.map(({ id }) => id))}
        stale={new Set(paths.filter(({ stale }) => stale).map(({ id }) => id))}
        lit={lit && new Set(lit)}
        onPoint={setPointed}
      />
      {paths.length > 1 && (
        <PathChips
          paths={paths}
          chosen={kept}
          onPoint={(path) => setPointed(path === null ? null : [path])}
          onChoose={setKept}
        />
      )}
      <div className="min-h-12 text-sm">
        {shown || paths.length === 1 ? (
          <PathFacts
            path={shown ?? paths[0]!}
            modules={byName}
            shard={shards.find(({ path }) => path === (shown ?? paths[0]!).id)}
            nameOf={nameOf}
          />
        ) : lit ? (
          <p>{plural(lit.length, 'path')} cross this module, and each of them trains it.</p>
        ) : (
          <p className="text-soft">
            The brighter a module, the newer its version. {trainingInWords(busy.length, paths.length)} Point at a module
            or at a path to follow it.
          </p>
        )}
      </div>
      <Tables live={live} sinceMs={sinceMs} nameOf={nameOf} />
    </div>
  );
}
