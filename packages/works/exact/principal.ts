const ROUNDS = 20;

/** Coordinates of vectors along the first two principal components, by power iteration. */
export function mainDirections(vectors: readonly Float32Array[]): number[][] {
  if (vectors.length === 0) return [];
  const size = vectors[0]!.length;
  const mean = Float64Array.from(
    { length: size },
    (_, g) => vectors.reduce((sum, v) => sum + v[g]!, 0) / vectors.length,
  );
  let rest = vectors.map((vector) => Float64Array.from(vector, (value, g) => value - mean[g]!));
  const axes: number[][] = [];
  for (let axis = 0; axis < 2; axis++) {
    let direction = Float64Array.from({ length: size }, (_, g) => Math.sqrt(g + 1 + axis));
    for (let round = 0; round < ROUNDS; round++) {
      const next = new Float64Array(size);
      for (const vector of rest) {
        const along = dot(vector, direction);
        for (let g = 0; g < size; g++) next[g]! += along * vector[g]!;
      }
      const norm = Math.sqrt(dot(next, next)) || 1;
      direction = next.map((value) => value / norm);
    }
    axes.push(rest.map((vector) => dot(vector, direction)));
    rest = rest.map((vector) => {
      const along = dot(vector, direction);
      return vector.map((value, g) => value - along * direction[g]!);
    });
  }
  return axes;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, g) => sum + value * b[g]!, 0);
