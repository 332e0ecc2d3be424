import type { RunResource } from '@pathfold/protocol/resources';

export type Verb = 'pause' | 'resume' | 'stop' | 'evaluate' | 'remove';

/** Which orders make sense in a state. */
const OFFERED: Record<RunResource['state'], readonly Verb[]> = {
  preparing: ['remove'],
  training: ['pause', 'evaluate', 'stop', 'remove'],
  paused: ['resume', 'evaluate', 'stop', 'remove'],
  finished: ['evaluate', 'remove'],
  failed: ['remove'],
};

/** The orders to offer for a run: nothing of a study is scored. */
export const ordersOf = ({ state, study }: Pick<RunResource, 'state' | 'study'>): Verb[] =>
  OFFERED[state].filter((verb) => verb !== 'evaluate' || study === undefined);

/** Whether paths can begin as copies of it. */
export const canBegin = ({
  study,
  pathCount,
  state,
  round,
}: Pick<RunResource, 'study' | 'pathCount' | 'state' | 'round'>): boolean =>
  study === undefined && pathCount === 1 && state !== 'failed' && round > 0;
