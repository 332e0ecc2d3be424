import type { RunResource } from '@pathfold/protocol/resources';
import { levelsOf } from '@pathfold/protocol/run-spec';

export interface Origin {
  readonly level: number;
  readonly expert: number;
}

/** The experts of which a run can get copies. Private modules count along with the paths: then only the first level grows. */
export function originsOf({ spec }: Pick<RunResource, 'spec'>): Origin[] {
  const levels = levelsOf(spec);
  const first = levels.findIndex(({ experts }) => experts !== 'path');
  const onlyFirst = spec.embedding === 'path' || levels.some(({ experts }) => experts === 'path');
  return levels.flatMap(({ experts }, level) =>
    experts === 'path' || (onlyFirst && level !== first)
      ? []
      : Array.from({ length: experts }, (_, expert) => ({ level, expert })),
  );
}

export const inWords = ({ level, expert }: Origin): string => `expert ${expert} of level ${level}`;
