interface Size {
  readonly height: number;
  readonly width: number;
}

/**
 * Pictures [count, height, width, channels] in another size: each pixel is the mean of the area that it covers, in whole
 * numbers, so that the same bytes come out everywhere.
 */
export function averageArea(pixels: Uint8Array, from: Size & { readonly channels: number }, to: Size): Uint8Array {
  const { height, width, channels } = from;
  const count = pixels.length / (height * width * channels);
  const [down, across] = [overlaps(height, to.height), overlaps(width, to.width)];
  const area = height * width;
  const out = new Uint8Array(count * to.height * to.width * channels);
  let at = 0;
  for (let picture = 0; picture < count; picture++)
    for (const rows of down)
      for (const columns of across)
        for (let channel = 0; channel < channels; channel++) {
          let sum = 0;
          for (const [row, tall] of rows)
            for (const [column, wide] of columns)
              sum += tall * wide * pixels[((picture * height + row) * width + column) * channels + channel]!;
          out[at++] = Math.floor((2 * sum + area) / (2 * area));
        }
  return out;
}

/** For each of `to` equal lengths, which of `from` lie in it: [place, length], the whole being `from` times `to`. */
const overlaps = (from: number, to: number): (readonly [place: number, length: number])[][] =>
  Array.from({ length: to }, (_, i) => {
    const [begin, end] = [i * from, (i + 1) * from];
    return Array.from({ length: from }, (_, place) => {
      const length = Math.min(end, (place + 1) * to) - Math.max(begin, place * to);
      return [place, length] as const;
    }).filter(([, length]) => length > 0);
  });
