import type { WorkFold } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import { readDescent, unitsOf, workOf } from './exact-work.ts';
import { AuditInput, type AuditResult, examplesOf, LitterResult, LitterTask, PORTRAIT_INPUTS } from './task.ts';

/** The values of a litter or a curve. Throws PathfoldError `bad_payload`. */
function valuesOf(payload: Uint8Array): number[] {
  try {
    return LitterResult.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))).values;
  } catch {
    throw new PathfoldError('bad_payload', 'the result is not {"values":[...]} in UTF-8');
  }
}

function valueCount(task: Exclude<LitterTask, { what: 'descent' }>, genomes: number): number {
  if (task.what === 'litter') return genomes;
  if (task.what === 'curve') return task.lessons + 1;
  return genomes + (task.lessons + 2) * PORTRAIT_INPUTS.length;
}

/** Evolution's half that touches numbers: the guard of a contribution, and the audit. */
export const litterFold: WorkFold = {
  name: 'litter',

  /** Answers the values by place, or nothing for a descent. Throws PathfoldError `wrong_size`, `bad_payload`, `not_finite`, `bad_steps`. */
  check(body, payload, report): Record<string, number> {
    const task = LitterTask.parse(body);
    const units = unitsOf(task);
    if (report.steps !== units) throw new PathfoldError('bad_steps', `${report.steps} steps in a lease of ${units}`);
    const { forward, gradient } = examplesOf(task);
    if (report.tokens > forward + gradient)
      throw new PathfoldError('bad_steps', `${report.tokens} examples where there are ${forward + gradient}`);
    if (task.what === 'descent') {
      checkDescent(task, payload);
      return {};
    }
    const values = valuesOf(payload);
    const expected = valueCount(task, units);
    if (values.length !== expected)
      throw new PathfoldError('wrong_size', `${values.length} values where ${expected} are asked for`);
    return Object.fromEntries(values.map((value, place) => [String(place), value]));
  },

  /**
   * The audit: some genomes of a litter live again, grown from their lineage, and the losses must be the same bits.
   * Curves and descents are computed again as a whole.
   */
  async fold(input, blobs) {
    const { body, sha256, again } = AuditInput.parse(input);
    const start = 'start' in body && body.start ? await blobs.get(body.start.sha256) : null;
    const [claimed, work] = [await blobs.get(sha256), workOf(body, start, again)];
    let step = work.next();
    while (!step.done) step = work.next();
    const honest =
      body.what === 'litter'
        ? valuesOf(step.value).every((value, i) => value === valuesOf(claimed)[again[i]!])
        : step.value.every((byte, i) => byte === claimed[i]);
    const result: AuditResult = { honest };
    return { modules: [], figures: null, result: { ...result } };
  },
};

function checkDescent({ life }: LitterTask, payload: Uint8Array): void {
  let state: ReturnType<typeof readDescent>;
  try {
    state = readDescent(life, payload);
  } catch (error) {
    throw new PathfoldError('wrong_size', (error as Error).message);
  }
  for (const part of [state.theta, state.m, state.v])
    if (!part.every(Number.isFinite)) throw new PathfoldError('not_finite', 'the state of the descent is not finite');
}
