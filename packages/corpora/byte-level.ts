/** Common to every byte-level BPE: how text is cut before merging, and how bytes are spelt in tokenizer.json. */

/** The special token with id 0 (END_OF_TEXT). It ends documents and is never produced from text. */
export const END_OF_TEXT_TOKEN = '<|endoftext|>';

/** Ids 1..256 are the bytes 0..255. */
export const FIRST_BYTE_ID = 1;
export const FIRST_MERGE_ID = 257;

const PRE_TOKEN = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Cuts a text into the pieces that merges never cross: GPT-2's pattern, Hugging Face's `ByteLevel`. */
export const preTokens = (text: string): string[] => text.match(PRE_TOKEN) ?? [];

/**
 * GPT-2's spelling of each byte as one printable character: printable Latin-1 stands for itself,
 * the others are spelt from U+0100 on.
 */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 255 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

const BYTE_OF = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));

/** The bytes of a token as tokenizer.json spells it. Throws on a character that spells no byte. */
export function bytesOfToken(token: string): Uint8Array {
  return Uint8Array.from(token, (character) => {
    const byte = BYTE_OF.get(character);
    if (byte === undefined) throw new Error(`tokenizer.json: ${JSON.stringify(token)} is not spelt in bytes`);
    return byte;
  });
}
