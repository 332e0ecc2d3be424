import type { FoldBlobs, Json, WorkFold } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import * as z from 'zod/mini';
import type { ExactPart } from './exact-part.ts';

/** Input of an audit: what the volunteer was asked, what it answered, and which of its items are computed again (all where it is not told). */
const AuditInput = z.object({ body: z.unknown(), sha256: z.string(), again: z.optional(z.array(z.int())) });

interface Rules<T> {
  /** Figures of a contribution, by name. Throws PathfoldError. */
  figures(task: T, payload: Uint8Array): Record<string, number>;
  /** Whether the answer to a part of its items is what was claimed of them; where left out, all bytes must be the same. */
  agrees?(task: T, claimed: Uint8Array, found: Uint8Array, again: readonly number[]): boolean;
  /** The result of a stage. */
  combine?(input: Json, blobs: FoldBlobs): Promise<Json>;
}

/** Float arrays of a contribution, all finite. Throws PathfoldError `wrong_size` where `read` throws, and `not_finite`. */
export function readFinite<T extends object>(read: () => T): T {
  let arrays: T;
  try {
    arrays = read();
  } catch (error) {
    throw new PathfoldError('wrong_size', (error as Error).message);
  }
  for (const [name, array] of Object.entries(arrays) as [string, Float32Array][])
    if (!array.every(Number.isFinite))
      throw new PathfoldError('not_finite', `${name} holds values that are not finite`);
  return arrays;
}

export const areSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** The coordinator's half of a study that touches numbers: the guard of a contribution, the audit, and what is made of a stage. */
export const stagedFold = <T>(part: ExactPart<T>, { figures, agrees, combine }: Rules<T>): WorkFold => ({
  name: part.name,

  /** Throws PathfoldError `bad_steps`, and what `figures` throws. */
  check(body, payload, report) {
    const task = part.Task.parse(body);
    const { steps, examples } = part.amountOf(task);
    if (report.steps !== steps) throw new PathfoldError('bad_steps', `${report.steps} steps in a lease of ${steps}`);
    if (report.tokens > examples)
      throw new PathfoldError('bad_steps', `${report.tokens} examples where there are ${examples}`);
    return figures(task, payload);
  },

  async fold(input, blobs) {
    const audit = AuditInput.safeParse(input);
    const result = audit.success ? { honest: await isHonest(audit.data) } : await combine!(input, blobs);
    return { modules: [], figures: null, result };

    async function isHonest({ body, sha256, again = [] }: z.infer<typeof AuditInput>): Promise<boolean> {
      const task = part.Task.parse(body);
      const begin = await Promise.all(part.blobsOf(task).map((ref) => ref && blobs.get(ref.sha256)));
      const work = part.work(task, begin, again.length > 0 ? again : null);
      let step = work.next();
      while (!step.done) step = work.next();
      const [claimed, found] = [await blobs.get(sha256), step.value];
      if (agrees && again.length > 0) return agrees(task, claimed, found, again);
      return areSame(claimed, found);
    }
  },
});
