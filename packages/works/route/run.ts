import { prefixLength } from '@pathfold/corpora/scoring';
import { decodeTokens, documentsOf } from '@pathfold/corpora/shards';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { features } from '@pathfold/training/features';
import { fetchPath } from '../path-modules.ts';
import { dutyCycle, scoreDocuments } from '../score-documents.ts';
import { NOTHING_DONE, readTask, type WorkPorts, type WorkResult, type WorkRun } from '../work-run.ts';
import { type FeaturesTask, partOf, RouteTask } from './task.ts';

/** Routing's half on the volunteer: features of documents, or what one path loses on the router documents. */
export const routeRun: WorkRun = {
  name: 'route',

  async execute(body, ports) {
    const task = readTask(RouteTask, body);
    if (task.type === 'features') return featuresOf(task, ports);
    const chosen = (count: number) => Array.from({ length: count }, (_, document) => document);
    return scoreDocuments(task, ports, { chosen, chunkTokens: null });
  },
};

/** The contribution of an aborted extraction is nothing: a part of the rows is of no use. */
async function featuresOf(task: FeaturesTask, ports: WorkPorts): Promise<WorkResult> {
  const { model, prefixBytes } = task;
  const levels = [{ experts: 1, blocks: model.blocks }];
  const [{ path, theta }, all, byteLengths] = await Promise.all([
    fetchPath({ path: '0', model, levels, embedding: 'shared', modules: task.modules }, ports),
    ports.blob(task.documents).then((bytes) => documentsOf(decodeTokens(bytes))),
    ports.blob(task.tokenizer).then((bytes) => readTokenizer(new TextDecoder().decode(bytes)).byteLengths),
  ]);
  ports.onComputing();
  const { from, to } = partOf(all.length, task.part, task.parts);
  const prefix = { prefixBytes, prefixTokens: model.context };
  const documents = all.slice(from, to).map((ids) => ids.subarray(0, prefixLength(ids, byteLengths, prefix)));
  const longest = documents.reduce((most, { length }) => Math.max(most, length), 1);

  const began = ports.clock.now();
  const tokensIn = (count: number) => documents.slice(0, count).reduce((sum, { length }) => sum + length, 0);
  const enough = new AbortController();
  const signal = AbortSignal.any([ports.signal, enough.signal]);
  const rows = await features({
    executor: ports.executor,
    path,
    theta,
    documents,
    prefixTokens: longest,
    clock: dutyCycle(ports),
    signal,
    onProgress(done) {
      if (ports.remainingMs() <= 0) enough.abort();
      const tokensPerSecond = (1000 * done * longest) / Math.max(1, ports.clock.now() - began);
      ports.onProgress({ steps: tokensIn(done), loss: null, tokensPerSecond });
    },
  }).catch((error: unknown) => {
    if (signal.aborted) return null;
    throw error;
  });
  if (!rows) return NOTHING_DONE;
  const tokens = tokensIn(documents.length);
  return {
    payload: new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength),
    steps: tokens,
    tokens,
    computeMs: ports.clock.now() - began,
    loss: null,
    keep: null,
  };
}
