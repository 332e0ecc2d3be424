const FIRST = 2166136261;

/** FNV-1a of a text in 32 bits, going on from the hash of what came before it. */
export function hashOf(text: string, before: number = FIRST): number {
  let hash = before;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619) >>> 0;
  return hash;
}
