/**
 * The chunks of a stream, one by one; who stops reading cancels it. Safari's streams cannot be iterated by themselves.
 */
export async function* readChunks<T>(stream: ReadableStream<T>): AsyncGenerator<T, void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
