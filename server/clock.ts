/** Milliseconds since 1970 that never go back, also not behind `notBefore`, whatever the machine's clock does. */
export function createClock(notBefore: number): () => number {
  const start = Math.max(Date.now(), notBefore);
  const origin = performance.now();
  return () => Math.round(start + performance.now() - origin);
}
