import type { BlobStore } from '@pathfold/blobs/blob-store';
import { pathShape } from '@pathfold/checkpoint/path';
import { readRouter } from '@pathfold/routing/assign/router';
import { rowOf } from '@pathfold/routing/fit/rows';
import { features } from '@pathfold/training/features';
import { readAssignment } from '@pathfold/works/assigned';
import { histogram } from './ablations.ts';
import type { Blocks } from './blocks.ts';
import { CHUNK_TOKENS, evaluateWhole, type Scoring, type Thetas } from './evaluation.ts';
import { type FeaturesOf, natsOnThePage } from './page-routing.ts';
import type { ArmConfig } from './settings.ts';
import type { Curve } from './watch.ts';

/** How often the prompt page chooses the path again, in tokens. */
const PAGE_INTERVALS = [128, 64, 32];

interface End extends Scoring {
  /** The dense base, flat. */
  readonly base: Float32Array;
  readonly blocks: Blocks;
  readonly features: ArmConfig['routing']['features'];
}

/**
 * The worth of a run in the end. Figures, nats a byte of the test documents, each by the path that it is routed to: of all
 * (`nats`), of each domain (`nats DOMAIN`); by the best path, known afterwards (`oracle`); re-routed every 16 to 128 bytes
 * by what all paths lost before (`rerouted16` …) and by the router as the prompt page does (`page32` …). Also the share of
 * the documents whose path is their best (`accuracy`). Curves: documents of a domain by path (`confusion DOMAIN`).
 */
export async function endOf(end: End, thetas: Thetas) {
  const { facts, blobs, blocks } = end;
  const { evaluation, scores } = await evaluateWhole(end, thetas);
  const nats = (bits: number) => bits * Math.LN2;
  const figures: Record<string, number> = { nats: nats(evaluation.validBitsPerByte) };
  const curves: Record<string, Curve> = {};

  const assigned = facts.routing ? await testPaths(blobs, facts.routing.assignment.sha256) : blocks.test.map(() => 0);
  const own = assigned.map((path, document) => scores[path]![document]!);
  for (const domain of new Set(blocks.test.map((block) => block.domain))) {
    const ofDomain = own.filter((_, document) => blocks.test[document]!.domain === domain);
    const total = (which: 'nats' | 'bytes') => ofDomain.reduce((sum, score) => sum + score[which], 0);
    figures[`nats ${domain}`] = total('nats') / total('bytes');
  }
  const { whole } = evaluation;
  if (!facts.routing || !whole) return { figures, curves };

  figures['oracle'] = nats(whole.oracleBitsPerByte);
  for (const { tokens, bitsPerByte } of whole.rerouted) figures[`rerouted${tokens}`] = nats(bitsPerByte);
  const isBest = (score: { nats: number }, document: number) =>
    scores.every((path) => score.nats <= path[document]!.nats);
  figures['accuracy'] = own.filter(isBest).length / own.length;
  const { domains, documents } = whole.confusion;
  domains.forEach((domain, index) => {
    curves[`confusion ${domain}`] = documents[index]!.map((count, path) => [path, count]);
  });

  const router = await readIfRouter(blobs, facts.routing.router.sha256);
  if (router && router.kind !== 'random') {
    const documents = blocks.test.map(({ ids }) => ids);
    const page = { router, documents, assigned, scores, chunkTokens: CHUNK_TOKENS, featuresOf: featuresUnder(end) };
    for (const [every, value] of Object.entries(await natsOnThePage(page, PAGE_INTERVALS)))
      figures[`page${every}`] = value;
  }
  return { figures, curves };
}

const testPaths = async (blobs: BlobStore, sha256: string): Promise<readonly number[]> =>
  readAssignment((await blobs.get(sha256))!).test;

/** Null where documents go by their domain. */
async function readIfRouter(blobs: BlobStore, sha256: string) {
  const text = new TextDecoder().decode((await blobs.get(sha256))!);
  return text.startsWith('{') ? readRouter(JSON.parse(text)) : null;
}

function featuresUnder({ features: kind, facts, executor, base }: End): FeaturesOf {
  const { model } = facts.spec;
  if (kind === 'histogram') return async (texts) => texts.map((ids) => histogram(ids, model.width));
  return async (texts) => {
    const path = pathShape(model, [{ experts: 1, blocks: model.blocks }], '0');
    const prefixTokens = texts.reduce((most, { length }) => Math.max(most, length), 1);
    const values = await features({ executor, path, theta: base, documents: texts, prefixTokens });
    return texts.map((_, row) => rowOf({ values, width: model.width }, row) as Float32Array);
  };
}
