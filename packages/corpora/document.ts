/** A unit of text: never cut by a split, routed as a whole, scored as a whole. */
export interface Document {
  id: string;
  domain: string;
  text: string;
}

const encoder = new TextEncoder();

/** Size of a text in UTF-8 bytes; a lone surrogate counts as U+FFFD, 3 bytes. */
export const textBytes = (text: string): number => encoder.encode(text).length;
