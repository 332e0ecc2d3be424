import type { WorkFold } from '@pathfold/coordination/work-plan';
import { PathfoldError } from '@pathfold/protocol/errors';
import { EvaluateFoldInput, EvaluateResult } from './task.ts';

interface Score {
  readonly nats: number;
  readonly tokens: number;
  readonly bytes: number;
}

/** Sums over the documents of one evaluation. Throws PathfoldError `bad_payload`. */
const scoreOf = (payload: Uint8Array): Score => {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    throw new PathfoldError('bad_payload', 'the result is not JSON in UTF-8');
  }
  const parsed = EvaluateResult.safeParse(json);
  if (!parsed.success) throw new PathfoldError('bad_payload', 'the result does not fit its schema');
  const score = { nats: 0, tokens: 0, bytes: 0 };
  for (const { nats, tokens, bytes } of parsed.data.documents) {
    if (nats < 0 || tokens < 0 || bytes < 0) throw new PathfoldError('bad_payload', 'a document has a negative figure');
    score.nats += nats;
    score.tokens += tokens;
    score.bytes += bytes;
  }
  if (score.tokens === 0 || score.bytes === 0) throw new PathfoldError('bad_payload', 'no token is scored');
  return score;
};

const lossesOf = ({ nats, tokens, bytes }: Score) => ({
  validLoss: nats / tokens,
  validBitsPerByte: nats / (Math.LN2 * bytes),
});

/** Evaluation's half that touches numbers. */
export const evaluateFold: WorkFold = {
  name: 'evaluate',

  /** Answers `{ validLoss, validBitsPerByte }`. Throws PathfoldError `bad_payload`, `bad_steps`. */
  check(_body, payload, report) {
    const score = scoreOf(payload);
    if (report.steps !== score.tokens)
      throw new PathfoldError('bad_steps', `${report.steps} steps reported where ${score.tokens} tokens are scored`);
    return lossesOf(score);
  },

  /** Nats a token and bits a byte over the scored tokens of all contributions. */
  async fold(input, blobs) {
    const { round, path, contributions } = EvaluateFoldInput.parse(input);
    const scores = await Promise.all(contributions.map(async ({ sha256 }) => scoreOf(await blobs.get(sha256))));
    const total = (figure: keyof Score) => scores.reduce((sum, score) => sum + score[figure], 0);
    const losses = lossesOf({ nats: total('nats'), tokens: total('tokens'), bytes: total('bytes') });
    return { modules: [], figures: { round, ...losses }, result: { path, round, ...losses } };
  },
};
