/** float32 arrays end to end, little-endian. */
export function packFloats(parts: readonly Float32Array[]): Uint8Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return new Uint8Array(all.buffer);
}

/** Reads the bytes of `packFloats`, as copies of these lengths. Throws RangeError when the bytes are not as many. */
export function unpackFloats<const L extends readonly number[]>(
  bytes: Uint8Array,
  lengths: L,
): { [K in keyof L]: Float32Array } {
  const total = 4 * lengths.reduce((sum, length) => sum + length, 0);
  if (bytes.byteLength !== total) throw new RangeError(`${bytes.byteLength} bytes where ${total} are expected`);
  let offset = 0;
  return lengths.map((length) => {
    const part = bytes.slice(offset, offset + 4 * length);
    offset += 4 * length;
    return new Float32Array(part.buffer);
  }) as { [K in keyof L]: Float32Array };
}
