import type { WorkFold } from '@pathfold/coordination/work-plan';

/** A kind of work that counts bytes. */
export const folds: readonly WorkFold[] = [
  {
    name: 'toy',
    check: (_body, payload) => ({ bytes: payload.byteLength }),
    fold: async (input) => ({ modules: [], figures: null, result: input }),
  },
];
