import type { FileHandle } from 'node:fs/promises';
import { PathfoldError } from '@pathfold/protocol/errors';

/** A piece of a file that is written at once: chunks come from sockets in 64 KiB, and each write is a trip to a thread. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Writes a stream at the end of a file and answers how many bytes. What came before the stream broke is written too.
 * Throws PathfoldError `too_large` when more than `maxBytes` come.
 */
export const writeChunks = async (
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onChunk: (chunk: Uint8Array) => void,
): Promise<number> => {
  let bytes = 0;
  let piece: Uint8Array[] = [];
  let pieceBytes = 0;
  const flush = async () => {
    if (pieceBytes === 0) return;
    const { bytesWritten } = await file.writev(piece);
    if (bytesWritten !== pieceBytes) throw new Error(`${bytesWritten} of ${pieceBytes} bytes were written`);
    piece = [];
    pieceBytes = 0;
  };
  try {
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new PathfoldError('too_large', `No more than ${maxBytes} bytes.`);
      onChunk(chunk);
      piece.push(chunk);
      pieceBytes += chunk.byteLength;
      if (pieceBytes >= PIECE_BYTES) await flush();
    }
  } finally {
    await flush();
  }
  return bytes;
};
