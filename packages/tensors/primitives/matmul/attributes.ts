/** Which operands are stored the other way round. */
export type Flags = { readonly transposeA: boolean; readonly transposeB: boolean };
