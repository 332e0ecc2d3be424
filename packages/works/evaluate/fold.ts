import type { FoldBlobs, FoldOutput, WorkFold } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import type { BestVersion, Evaluation } from '@pathfold/protocol/resources';
import { reroutedPaths } from '@pathfold/routing/assign/reroute';
import * as z from 'zod/mini';
import { readAssignment } from '../assigned.ts';
import { type DocumentScore, readScores, sameScores } from '../document-scores.ts';
import { agreedOf } from '../queue/compared.ts';
import { AnyFoldInput, EvaluateTask, type KeepInput } from './task.ts';

/** Re-routing is told for this many chunks at a time. */
const CHUNKS_PER_ROUTE = [1, 2, 4, 8];

/** Sums over documents. */
interface Total {
  nats: number;
  tokens: number;
  bytes: number;
}

const totalOf = (scores: readonly Total[]): Total => {
  const total = { nats: 0, tokens: 0, bytes: 0 };
  for (const { nats, tokens, bytes } of scores) {
    total.nats += nats;
    total.tokens += tokens;
    total.bytes += bytes;
  }
  return total;
};

const bitsPerByte = ({ nats, bytes }: Pick<Total, 'nats' | 'bytes'>): number => nats / (Math.LN2 * bytes);

/** Throws PathfoldError `bad_payload` when nothing is scored. */
function lossesOf(total: Total) {
  if (total.tokens === 0 || total.bytes === 0) throw new PathfoldError('bad_payload', 'no token is scored');
  return { validLoss: total.nats / total.tokens, validBitsPerByte: bitsPerByte(total) };
}

/** Nats of a document that is re-routed every so many chunks by what its paths lost before; [paths][chunks]. */
function reroutedNats(losses: readonly (readonly number[])[], first: number, every: number): number {
  const stretches = losses.map((chunks) =>
    Array.from({ length: Math.ceil(chunks.length / every) }, (_, i) =>
      chunks.slice(i * every, (i + 1) * every).reduce((sum, chunk) => sum + chunk, 0),
    ),
  );
  return reroutedPaths(first, stretches).reduce((sum, path, i) => sum + stretches[path]![i]!, 0);
}

const Domains = z.object({ names: z.array(z.string()), test: z.array(z.int()) });

/** Evaluation's half that touches numbers. */
export const evaluateFold: WorkFold = {
  name: 'evaluate',

  /**
   * Answers `{ validLoss, validBitsPerByte }` of what was scored, and how many `documents` that is. Throws PathfoldError
   * `bad_payload`, `bad_steps`.
   */
  check(body, payload, report) {
    const { chunkTokens } = EvaluateTask.parse(body);
    const scores = readScores(payload);
    const total = totalOf(scores);
    const losses = lossesOf(total);
    if (report.steps !== total.tokens)
      throw new PathfoldError('bad_steps', `${report.steps} steps reported where ${total.tokens} tokens are scored`);
    const chunksOf = (tokens: number) => (chunkTokens === null ? 0 : Math.ceil(tokens / chunkTokens));
    const odd = scores.find(({ tokens, chunks = [] }) => chunks.length !== chunksOf(tokens));
    if (odd)
      throw new PathfoldError(
        'bad_payload',
        `document ${odd.document} has ${odd.chunks?.length ?? 0} chunks where ${chunksOf(odd.tokens)} are asked for`,
      );
    return { ...losses, documents: scores.length };
  },

  /**
   * Nats a token and bits a byte of the mixture, each document by the path that it is routed to; or which version of each
   * path is its best; or which of several scorings agree.
   */
  async fold(raw, blobs) {
    const input = AnyFoldInput.parse(raw);
    const scoresIn = async ({ sha256 }: { sha256: string }) => readScores(await blobs.get(sha256));
    if ('compare' in input) {
      const all = await Promise.all(
        input.compare.map(async (answer) => ({ ...answer, scores: await scoresIn(answer) })),
      );
      return { modules: [], figures: null, result: agreedOf(all, (a, b) => sameScores(a.scores, b.scores)) };
    }
    if ('kept' in input) return keep(input, await Promise.all(input.contributions.map(scoresIn)));
    const { round, paths, assignment, domains, chunkTokens, contributions } = input;
    const scored = await Promise.all(contributions.map(async (one) => [one.path, await scoresIn(one)] as const));
    const assigned = assignment && readAssignment(await blobs.get(assignment.sha256)).test;
    const own = scored.map(([path, scores]) => {
      const index = paths.indexOf(path);
      return [path, assigned ? scores.filter(({ document }) => assigned[document] === index) : scores] as const;
    });
    const losses = lossesOf(totalOf(own.flatMap(([, scores]) => scores)));
    const evaluation: Evaluation = {
      round,
      ...losses,
      confirmed: false,
      paths: Object.fromEntries(
        own
          .filter(([, scores]) => totalOf(scores).bytes > 0)
          .map(([path, scores]) => [path, { documents: scores.length, bitsPerByte: bitsPerByte(totalOf(scores)) }]),
      ),
      whole:
        chunkTokens && assigned
          ? {
              round,
              routedBitsPerByte: losses.validBitsPerByte,
              ...(await wholeOf(scored, assigned, paths, chunkTokens, domains.sha256, blobs)),
            }
          : null,
    };
    return { modules: [], figures: { round, ...losses }, result: evaluation };
  },
};

/**
 * Early stopping (DiPaCo section 2.2): of each path the version that scored best, and whether it has had its time. What
 * nobody confirms decides nothing.
 */
function keep({ patience, routing, kept, contributions }: KeepInput, scores: readonly DocumentScore[][]): FoldOutput {
  const versions = contributions.flatMap(({ path, modules, confirmed = false }, i): [string, BestVersion][] => {
    const total = totalOf(scores[i]!);
    if (total.bytes === 0 || !confirmed) return [];
    const bits = bitsPerByte(total);
    // A figure that an older version believed of one volunteer is no measure.
    const best = kept[path]?.confirmed === false ? undefined : kept[path];
    const scoringsSince = (best?.scoringsSince ?? 0) + 1;
    if (best && bits >= best.bitsPerByte)
      return [[path, { ...best, scoringsSince, stopped: scoringsSince >= patience }]];
    const round = Math.min(...modules.map(({ version }) => version));
    return [[path, { round, bitsPerByte: bits, modules, routing, scoringsSince: 0, stopped: false }]];
  });
  return { modules: [], figures: null, result: null, kept: Object.fromEntries(versions) };
}

/** Figures that need every path to score every document. */
async function wholeOf(
  scored: readonly (readonly [string, readonly DocumentScore[]])[],
  assigned: readonly number[],
  paths: readonly string[],
  chunkTokens: number,
  domains: string,
  blobs: FoldBlobs,
): Promise<Omit<NonNullable<Evaluation['whole']>, 'round' | 'routedBitsPerByte'>> {
  const byPath = paths.map((path) => {
    const scores = scored.find(([one]) => one === path)?.[1];
    if (!scores) throw new PathfoldError('bad_payload', `path ${path} has not scored the documents`);
    return new Map(scores.map((score) => [score.document, score]));
  });
  const documents = [...byPath[0]!.keys()].filter((document) => byPath.every((scores) => scores.has(document)));
  for (const document of documents)
    if (new Set(byPath.map((scores) => scores.get(document)!.tokens)).size > 1)
      throw new PathfoldError('bad_payload', `the paths did not score the same tokens of document ${document}`);
  const bytes = totalOf(documents.map((document) => byPath[0]!.get(document)!)).bytes;
  const natsOf = (of: (document: number) => number) => documents.reduce((sum, document) => sum + of(document), 0);
  const oracle = natsOf((document) => Math.min(...byPath.map((scores) => scores.get(document)!.nats)));
  const names = Domains.parse(JSON.parse(new TextDecoder().decode(await blobs.get(domains))));
  const confusion = names.names.map(() => paths.map(() => 0));
  for (const document of documents) confusion[names.test[document]!]![assigned[document]!]!++;
  return {
    oracleBitsPerByte: bitsPerByte({ nats: oracle, bytes }),
    rerouted: CHUNKS_PER_ROUTE.map((chunks) => {
      const nats = natsOf((document) => {
        const chunksByPath = byPath.map((scores) => scores.get(document)!.chunks ?? []);
        return reroutedNats(chunksByPath, assigned[document]!, chunks);
      });
      return { tokens: chunks * chunkTokens, bitsPerByte: bitsPerByte({ nats, bytes }) };
    }),
    confusion: { domains: names.names, paths: [...paths], documents: confusion },
  };
}
