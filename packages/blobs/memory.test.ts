import { describe, test } from 'vitest';
import { blobStoreBattery } from './battery.ts';
import { memoryBlobs } from './memory.ts';

describe('blobs in memory', () => {
  for (const { name, run } of blobStoreBattery) test(name, () => run(memoryBlobs()));
});
