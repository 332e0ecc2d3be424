import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTokens, documentsOf, encodeTokens, joinDocuments } from './shards.ts';

const ids = fc.array(fc.integer({ min: 1, max: 0xffff }), { maxLength: 20 });

test('documents come back from a stream, empty ones too', () => {
  fc.assert(
    fc.property(fc.array(ids), (documents) => {
      const stream = decodeTokens(encodeTokens(joinDocuments(documents)));
      expect(documentsOf(stream).map((document) => [...document])).toEqual(documents);
    }),
  );
});

test('the blob is uint16, little-endian, each document followed by 0', () => {
  expect([...encodeTokens(joinDocuments([[0x1234], [5]]))]).toEqual([0x34, 0x12, 0, 0, 5, 0, 0, 0]);
});

test('a view at an odd offset is read; an odd size is refused', () => {
  const bytes = Uint8Array.from([9, 1, 0, 2, 0]);
  expect([...decodeTokens(bytes.subarray(1))]).toEqual([1, 2]);
  expect(() => decodeTokens(bytes)).toThrow(RangeError);
});
