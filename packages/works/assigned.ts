import { PathfoldError } from '@pathfold/protocol/errors';
import * as z from 'zod/mini';

/** Blob `assignment` of a routing: the path of each document as an index into the run's paths, in the stream's order. */
const Assignment = z.strictObject({ router: z.array(z.int()), test: z.array(z.int()) });
export type Assignment = z.infer<typeof Assignment>;

export const encodeAssignment = (assignment: Assignment): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(assignment));

/** Throws PathfoldError `bad_payload`. */
export function readAssignment(bytes: Uint8Array): Assignment {
  const parsed = Assignment.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success) throw new PathfoldError('bad_payload', 'the assignment does not fit its schema');
  return parsed.data;
}

/** The documents of a split that go to a path. */
export const assignedTo = (bytes: Uint8Array, split: keyof Assignment, path: number): number[] =>
  readAssignment(bytes)[split].flatMap((assigned, document) => (assigned === path ? [document] : []));
