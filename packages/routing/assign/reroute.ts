/**
 * The path of the next chunk: the one that has lost least on everything seen so far. `nats`: by path, summed over the
 * chunks before. Where others do no better, the current path stays: a switch costs its cache.
 */
export const nextPath = (current: number, nats: ArrayLike<number>): number => {
  let best = current;
  for (let path = 0; path < nats.length; path++) if (nats[path]! < nats[best]!) best = path;
  return best;
};

/**
 * Routing every W tokens by cumulative evidence (DiPaCo section 2.3): the path that scores each chunk of a document.
 * The first chunk has the document's own path; a chunk's losses count only for those after it. `nats[path][chunk]`.
 * Throws a RangeError when the paths differ in chunks, or `first` is none of them.
 */
export const reroutedPaths = (first: number, nats: readonly ArrayLike<number>[]): number[] => {
  const chunks = nats[first]?.length;
  if (chunks === undefined || nats.some(({ length }) => length !== chunks))
    throw new RangeError('every path, the first one too, must have the losses of the same chunks');
  const sums = new Float64Array(nats.length);
  const paths: number[] = [];
  for (let chunk = 0, path = first; chunk < chunks; chunk++) {
    paths.push(path);
    nats.forEach((losses, p) => {
      sums[p] = sums[p]! + losses[chunk]!;
    });
    path = nextPath(path, sums);
  }
  return paths;
};
