import { afterAll, beforeAll, expect, test } from 'vitest';
import { readChunks } from './read-chunks.ts';

const { prototype } = ReadableStream;
const iterator = Object.getOwnPropertyDescriptor(prototype, Symbol.asyncIterator)!;
beforeAll(() => {
  Reflect.deleteProperty(prototype, Symbol.asyncIterator);
});
afterAll(() => {
  Object.defineProperty(prototype, Symbol.asyncIterator, iterator);
});

const stream = (source: UnderlyingDefaultSource<string>) => new ReadableStream<string>(source, { highWaterMark: 0 });

test('reads to the end where streams cannot be iterated, as in Safari', async () => {
  const chunks: string[] = [];
  const whole = stream({
    start(controller) {
      for (const chunk of ['a', 'b', 'c']) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const chunk of readChunks(whole)) chunks.push(chunk);
  expect(chunks).toEqual(['a', 'b', 'c']);
});

test('who stops reading ends the stream; a stream that breaks says so', async () => {
  let cancelled = false;
  const endless = stream({
    pull: (controller) => controller.enqueue('a'),
    cancel() {
      cancelled = true;
    },
  });
  for await (const _ of readChunks(endless)) break;
  expect(cancelled).toBe(true);
  const broken = stream({ pull: (controller) => controller.error(new Error('cut off')) });
  await expect(readChunks(broken).next()).rejects.toThrow('cut off');
});
