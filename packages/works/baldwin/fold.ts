import { PathfoldError } from '@pathfold/protocol/errors';
import { areSame, readFinite, stagedFold } from '../stages/fold-staged.ts';
import { baldwinPart, readDescent } from './exact-work.ts';
import { BaldwinResult, type BaldwinTask, PORTRAIT_INPUTS } from './task.ts';

/** The values of a part or a curve. Throws PathfoldError `bad_payload`. */
function valuesOf(payload: Uint8Array): number[] {
  try {
    return BaldwinResult.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))).values;
  } catch {
    throw new PathfoldError('bad_payload', 'the result is not {"values":[...]} in UTF-8');
  }
}

function valueCount(task: Exclude<BaldwinTask, { what: 'descent' }>): number {
  if (task.what === 'curve') return task.lessons + 1;
  const genomes = Math.max(1, task.genomes.length);
  return task.what === 'litter' ? genomes : genomes + (task.lessons + 2) * PORTRAIT_INPUTS.length;
}

/** The values by place, or nothing for a descent. Throws PathfoldError `wrong_size`, `bad_payload`, `not_finite`. */
function figures(task: BaldwinTask, payload: Uint8Array): Record<string, number> {
  if (task.what === 'descent') {
    readFinite(() => readDescent(task.life, payload));
    return {};
  }
  const values = valuesOf(payload);
  const expected = valueCount(task);
  if (values.length !== expected)
    throw new PathfoldError('wrong_size', `${values.length} values where ${expected} are asked for`);
  return Object.fromEntries(values.map((value, place) => [String(place), value]));
}

/** Some genomes of a part live again, grown from their lineage: the losses must be the same bits. All else is computed again whole. */
export const baldwinFold = stagedFold(baldwinPart, {
  figures,
  agrees: (task, claimed, found, again) =>
    task.what === 'litter'
      ? valuesOf(found).every((value, i) => value === valuesOf(claimed)[again[i]!])
      : areSame(claimed, found),
});
