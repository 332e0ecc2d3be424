import type { Split } from '@pathfold/protocol/resources';
import type { ByteDocument } from '../byte-corpus.ts';
import type { ArmConfig } from './settings.ts';

/** Documents are cut into stretches of this many bytes: what is routed as a whole. */
const BLOCK_BYTES = 1024;
/** The prefix that decides, 128 bytes, and at least 512 that are scored. */
const LEAST_BYTES = 640;

export type Blocks = Readonly<Record<Split, readonly ByteDocument[]>>;

const cut = ({ domain, ids }: ByteDocument): ByteDocument[] => {
  const count = Math.max(1, Math.ceil((ids.length - LEAST_BYTES) / BLOCK_BYTES));
  return Array.from({ length: count }, (_, i) => ({
    domain,
    ids: ids.subarray(i * BLOCK_BYTES, i === count - 1 ? ids.length : (i + 1) * BLOCK_BYTES),
  })).filter((block) => block.ids.length >= LEAST_BYTES);
};

const every = <T>(list: readonly T[], count: number): T[] => list.filter((_, index) => index % count === 0);

/** The corpus of an arm: whole documents are left out before the rest is cut. */
export function blocksOf(corpus: Blocks, { corpus: part, testEvery }: ArmConfig): Blocks {
  const kept = every(corpus.train, part.every);
  const scarce = kept.filter(({ domain }) => domain === part.scarce);
  const gone = new Set(scarce.filter((_, index) => index % part.scarceEvery !== 0));
  return {
    train: kept.filter((document) => !gone.has(document)).flatMap(cut),
    router: corpus.router.flatMap(cut),
    test: every(corpus.test.flatMap(cut), testEvery),
  };
}
