import { levelsOf, type RunSpec } from '@pathfold/protocol/run-spec';

/** A column of the picture of modules, as `async.arrivals` of a run names it. */
export interface Column {
  readonly name: string;
  readonly label: string;
  /** Whether its modules step at arrivals in mode `hybrid`. */
  readonly loose: boolean;
}

/** The columns of a run of so many paths, from the embedding to the head. */
export function columnsOf(spec: RunSpec, paths: number): Column[] {
  const levels = levelsOf(spec);
  const isShared = (experts: number | 'path') => experts !== 'path' && paths > experts;
  const first = levels[0]!.experts;
  const ends = isShared({ shared: 1, level: first, path: 'path' as const }[spec.embedding]);
  const column = (name: string, label: string, shared: boolean): Column => ({
    ...{ name, label },
    loose: spec.async.arrivals?.includes(name) ?? shared,
  });
  return [
    column('embedding', 'the embedding', ends),
    ...levels.map(({ experts }, i) => column(`level${i}`, `level ${i}`, isShared(experts))),
    column('head', 'the head', ends),
  ];
}
