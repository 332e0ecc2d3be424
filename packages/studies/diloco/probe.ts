import { createHash } from 'node:crypto';
import { pathShape } from '@pathfold/checkpoint/path';
import { initPath } from '@pathfold/checkpoint/sources/seed';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { features } from '@pathfold/training/features';
import { BYTE_VOCABULARY, byteCorpus } from '../byte-corpus.ts';
import { probe } from '../laboratory/probe.ts';
import { clusters } from './shards.ts';
import { idsOf } from './start.ts';

const DOCUMENTS = 60;

/** The laboratory's probe, and k-means shards of some documents: a hash that changes with any bit of it. */
export async function dilocoProbe(): Promise<string> {
  const model = { width: 16, blocks: 1, heads: 2, context: 32, vocabulary: BYTE_VOCABULARY, tied: true };
  const path = pathShape(model, [{ experts: 1, blocks: 1 }], '0');
  const { train } = byteCorpus();
  const documents = train.filter((_, index) => index % Math.ceil(train.length / DOCUMENTS) === 0);
  const executor = await openExecutor('wasm');
  const options = { executor, path, theta: initPath(path, 1), prefixTokens: model.context };
  const rows = await features({ ...options, documents: idsOf(documents) });
  executor.dispose();
  return createHash('sha256')
    .update(await probe())
    .update(new Uint8Array(rows.buffer))
    .update(JSON.stringify(clusters(documents, rows, 4, 1)))
    .digest('hex');
}
