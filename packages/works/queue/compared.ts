import * as z from 'zod/mini';

/** How far answers of two honest volunteers may lie apart, of their size: different executors differ by about 1e-4. */
export const TOLERANCE = 2e-3;

/** Input of a fold that compares answers to one part, given by volunteers unrelated to each other. */
export const CompareInput = z.strictObject({
  compare: z.array(
    z.strictObject({
      lease: z.string(),
      sha256: z.string(),
      /** The operator vouches for the volunteer: its answer is right whoever says otherwise. */
      trusted: z.optional(z.literal(true)),
    }),
  ),
});
export type CompareInput = z.infer<typeof CompareInput>;

/** Answers the leases of those that agree, the first first; null when no two do. */
export const CompareResult = z.strictObject({ agreed: z.nullable(z.array(z.string())) });
export type CompareResult = z.infer<typeof CompareResult>;

/** The largest group of answers that agree with one of them, a trusted one where there is any; of equal groups the first. */
export function agreedOf<A extends { readonly lease: string; readonly trusted?: true | undefined }>(
  answers: readonly A[],
  agree: (a: A, b: A) => boolean,
): CompareResult {
  const groupOf = (one: A): A[] => answers.filter((other) => other === one || agree(one, other));
  const trusted = answers.filter((answer) => answer.trusted);
  const groups = (trusted.length > 0 ? trusted : answers).map(groupOf);
  const largest = groups.reduce((best, group) => (group.length > best.length ? group : best), []);
  const isEnough = largest.length > 1 || trusted.length > 0;
  return { agreed: isEnough ? largest.map(({ lease }) => lease) : null };
}
