import * as z from 'zod/mini';

/** How far answers of two honest volunteers may lie apart, of their size: different executors differ by about 1e-4. */
export const TOLERANCE = 2e-3;

/** Input of a fold that compares answers to one part, given by volunteers unrelated to each other. */
export const CompareInput = z.strictObject({
  compare: z.array(z.strictObject({ lease: z.string(), sha256: z.string() })),
});
export type CompareInput = z.infer<typeof CompareInput>;

/** What it answers: the leases of those that agree, the first first; null when no two do. */
export const CompareResult = z.strictObject({ agreed: z.nullable(z.array(z.string())) });
export type CompareResult = z.infer<typeof CompareResult>;

/** The largest group of answers that agree with one of them; of equal groups the first. */
export function agreedOf<A extends { readonly lease: string }>(
  answers: readonly A[],
  agree: (a: A, b: A) => boolean,
): CompareResult {
  const groups = answers.map((one) => answers.filter((other) => other === one || agree(one, other)));
  const largest = groups.reduce((best, group) => (group.length > best.length ? group : best), []);
  return { agreed: largest.length < 2 ? null : largest.map(({ lease }) => lease) };
}
