import { PathfoldError } from '@pathfold/protocol/errors';

export interface Line {
  /** From 1. */
  number: number;
  /** Without its line feed. */
  bytes: Uint8Array;
}

const LINE_FEED = 10;

/**
 * Cuts a byte stream into lines and never holds more than one line and one chunk.
 * Throws PathfoldError too_large past `maxBytes` in all, line_too_long as soon as a line passes `maxLineBytes`.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  { maxLineBytes, maxBytes }: { maxLineBytes: number; maxBytes: number },
): AsyncGenerator<Line> {
  let number = 1;
  let totalBytes = 0;
  let open: Uint8Array[] = [];
  let openBytes = 0;
  const extend = (piece: Uint8Array) => {
    openBytes += piece.length;
    if (openBytes > maxLineBytes)
      throw new PathfoldError('line_too_long', `line ${number} is longer than ${maxLineBytes} bytes`);
    if (piece.length > 0) open.push(piece);
  };
  const close = (): Line => {
    const line = { number, bytes: open.length === 1 ? open[0]! : Buffer.concat(open) };
    number++;
    open = [];
    openBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    totalBytes += chunk.length;
    if (totalBytes > maxBytes) throw new PathfoldError('too_large', `the upload is larger than ${maxBytes} bytes`);
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      extend(chunk.subarray(start, end));
      yield close();
      start = end + 1;
    }
    extend(chunk.slice(start));
  }
  if (openBytes > 0) yield close();
}
