import { KINDS } from '@pathfold/works/kinds';

/** The halves of the kinds of work that touch numbers, for the worker threads. */
export const folds = await Promise.all(KINDS.flatMap((kind) => (kind.brief ? [] : [kind.fold()])));
