import * as z from 'zod/mini';

/** Lower-case hexadecimal sha256: the name of a blob everywhere. */
export const Sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** A blob by its content and size. */
export const BlobRef = z.strictObject({ sha256: Sha256, bytes: z.int().check(z.minimum(0)) });
export type BlobRef = z.infer<typeof BlobRef>;

/**
 * Blob layouts (all little-endian):
 * - module: float32 parameters, as `checkpoint/layout.ts` lays them out.
 * - snapshot: the same values as float16. Patch: as `compression/patch.ts` writes it.
 * - shard and documents: uint16 token ids; every document ends with END_OF_TEXT.
 * - tokenizer: `tokenizer.json` in Hugging Face's form, UTF-8.
 * - contribution of `train`: for each module of the lease, in the lease's order, its outer gradient as its codec writes it.
 * - contribution of `evaluate`: JSON, UTF-8.
 */
export const END_OF_TEXT = 0;

/** Bytes of a token in a shard. */
export const TOKEN_BYTES = 2;

/** Ways to a version of a module that is on a lattice, for those who have the blob `from`: `compression/patch.ts`. */
export const Lattice = z.strictObject({
  /** float16; the way from it needs no other blob. */
  snapshot: BlobRef,
  patches: z.array(z.strictObject({ from: Sha256, ...BlobRef.shape })).check(z.maxLength(2)),
});
export type Lattice = z.infer<typeof Lattice>;

/** A blob, and where it is a version on a lattice the ways to it. */
export interface VersionRef extends BlobRef {
  readonly lattice?: Lattice;
}

/** A module as a path needs it. */
export const ModuleRef = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(64)),
  version: z.int().check(z.minimum(0)),
  sha256: Sha256,
  bytes: z.int().check(z.minimum(0)),
  lattice: z.exactOptional(Lattice),
});
export type ModuleRef = z.infer<typeof ModuleRef>;
