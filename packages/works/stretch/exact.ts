import type { ExactPart } from '../stages/exact-part.ts';
import { workOf } from './exact-work.ts';
import { amountOf, StretchTask } from './task.ts';

export const stretchPart: ExactPart<StretchTask> = {
  name: 'stretch',
  Task: StretchTask,
  amountOf,
  blobsOf: ({ start, shared }) => [start, shared],
  work: (task, [start, shared]) => workOf(task, start ?? null, shared ?? null),
};
