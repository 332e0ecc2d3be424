/** SHA-256 of the bits of 32-bit numbers, in hexadecimal. */
export const bitsHash = async (values: Iterable<number>): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', Float32Array.from(values).buffer);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};
