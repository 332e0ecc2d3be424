/** Rows are positions 0..context-1, over and over; columns are `heads` equal stretches. */
export type AttentionAttributes = { readonly context: number; readonly heads: number };
