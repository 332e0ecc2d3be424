/** 32 bits that depend on every UTF-16 unit of a text, and on a seed (FNV-1a; the seed is mixed into its offset basis). */
export function fnv1a(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
