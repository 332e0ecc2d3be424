import { pathIds, pathModules } from '@pathfold/checkpoint/levels';
import type { Growth, RunFacts } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import { levelsOf, MOST_EXPERTS, MOST_PATHS, pathCountOf } from '@pathfold/protocol/run-spec';

/**
 * One more expert in a level, a copy of `expert`: each path that crosses that one is joined by a path that crosses the
 * copy. Throws a PathfoldError when the run cannot grow so.
 */
export function growthOf({ id, spec, paths, routing }: RunFacts, level: number, expert: number): Growth {
  const levels = levelsOf(spec);
  const count = levels[level]?.experts;
  if (Object.keys(paths).length === 1)
    throw new PathfoldError(
      'wrong_state',
      `The run has one path and no router: create a run of several paths with "base":{"run":"${id}"}.`,
    );
  if (!routing) throw new PathfoldError('wrong_state', 'The documents of the run are not routed yet.');
  if (typeof count !== 'number')
    throw new PathfoldError('bad_request', `level: ${level} is no level of the run that has experts to copy`);
  if (expert >= count) throw new PathfoldError('bad_request', `expert: level ${level} has ${count} experts`);
  const first = levels.findIndex(({ experts }) => experts !== 'path');
  const counted = spec.embedding === 'path' || levels.some(({ experts }) => experts === 'path');
  if (counted && level !== first)
    throw new PathfoldError(
      'bad_request',
      `level: private modules count along with the paths, so that only the first level (${first}) can grow`,
    );
  if (count >= MOST_EXPERTS)
    throw new PathfoldError(
      'bad_request',
      `level: level ${level} has ${count} experts, at most ${MOST_EXPERTS} are offered`,
    );
  const grownLevels = levels.map((one, at) => (at === level ? { ...one, experts: count + 1 } : one));
  if (pathCountOf(grownLevels) > MOST_PATHS)
    throw new PathfoldError('bad_request', `level: the run would have more than ${MOST_PATHS} paths`);

  const modulesOf = (id: string) => pathModules(spec.model, grownLevels, id, spec.embedding).map(({ name }) => name);
  const ids = pathIds(grownLevels);
  const added = ids.filter((id) => !paths[id]);
  const modules: Record<string, string> = {};
  const grown: Record<string, { from: string; modules: string[] }> = {};
  const known = new Set(Object.values(paths).flatMap((path) => path.modules));
  for (const id of added) {
    const from = originOf(id, Object.keys(paths), levels, level, expert);
    const [own, origins] = [modulesOf(id), paths[from]!.modules];
    own.forEach((name, place) => {
      if (!known.has(name)) modules[name] ??= origins[place]!;
    });
    grown[id] = { from, modules: own };
  }
  if (Object.values(grown).every(({ from }) => (paths[from]!.steps ?? 0) >= spec.totalSteps))
    throw new PathfoldError(
      'wrong_state',
      `The paths that would be copied have taken all their ${spec.totalSteps} steps, and copies go on from there: nobody would train them. Take the run back to an earlier round first.`,
    );
  return { levels: grownLevels, paths: ids, modules, grown };
}

/** The path that differs from a new one in the level that grows alone (and in what is counted along). */
function originOf(
  id: string,
  paths: readonly string[],
  levels: ReturnType<typeof levelsOf>,
  level: number,
  expert: number,
): string {
  const own = id.split('-');
  own[level] = `${expert}`;
  return paths.find((path) =>
    path.split('-').every((choice, at) => levels[at]!.experts === 'path' || choice === own[at]),
  )!;
}
