import type { Json, WorkFold } from '@pathfold/coordination/work-plan';

/** The fault that the input asks for. */
function fail(input: Json): void {
  const { fails } = input as { fails?: { name: string; message: string } };
  if (fails) throw fails.name === 'RangeError' ? new RangeError(fails.message) : new Error(fails.message);
}

/** A kind of work that counts bytes. */
export const folds: readonly WorkFold[] = [
  {
    name: 'toy',
    check: (_body, payload) => ({ bytes: payload.byteLength }),
    async fold(input) {
      fail(input);
      return { modules: [], figures: null, result: input };
    },
  },
];
