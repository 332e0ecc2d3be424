/**
 * Looks `firstMs` from now, and `everyMs` after each look has ended again, for as long as it answers true. Answers how to
 * stop. `look` never rejects.
 */
export function lookAgain(look: () => Promise<boolean>, everyMs: number, firstMs = 0): () => void {
  let isStopped = false;
  let timer = setTimeout(once, firstMs);
  async function once(): Promise<void> {
    if ((await look()) && !isStopped) timer = setTimeout(once, everyMs);
  }
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
