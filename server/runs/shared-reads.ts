/** Answers read for all who ask for the same within a time: the first one's reading serves them. `now`: milliseconds. */
export function createSharedReads<T>(ms: number, now: () => number) {
  const reads = new Map<string, { readonly until: number; readonly answer: Promise<T> }>();
  return (key: string, read: () => Promise<T>): Promise<T> => {
    for (const [old, { until }] of reads) if (until <= now()) reads.delete(old);
    const known = reads.get(key);
    if (known) return known.answer;
    const answer = read();
    reads.set(key, { until: now() + ms, answer });
    answer.catch(() => reads.delete(key));
    return answer;
  };
}
