import { moduleTensors } from '@pathfold/nets/llama-modules';
import type { EstimateResource } from '@pathfold/protocol/resources';
import { levelsOf, type RunSpec } from '@pathfold/protocol/run-spec';

const FLOAT_BYTES = 4;
/** Tokens of the shard and of the held-out text that a volunteer keeps at hand, about. */
const TEXT_BYTES = 8 * 1024 * 1024;

/**
 * What a run would cost one volunteer. Memory: parameters, gradients and AdamW's two moments, and the activations
 * that the backward pass needs (about 16 widths a block and token, and the logits twice).
 */
export function estimate(spec: RunSpec, tokensPerSecond: number): EstimateResource {
  const { model, inner, totalSteps } = spec;
  const levels = levelsOf(spec);
  const modules = moduleTensors(model, levels);
  const sum = (list: typeof modules) => list.reduce((total, { parameterCount }) => total + parameterCount, 0);
  const perPath = sum(modules.filter(({ name }) => !/^level\d+\.[1-9]/.test(name)));
  const tokensPerStep = inner.batch * model.context;
  const activations = tokensPerStep * (16 * model.width * model.blocks + 2 * model.vocabulary);
  const tokensPerRound = inner.steps * tokensPerStep;
  const minutesPerRound = tokensPerRound / tokensPerSecond / 60;
  return {
    parametersPerPath: perPath,
    parametersTotal: sum(modules),
    moduleCount: modules.length,
    downloadBytesPerRound: FLOAT_BYTES * perPath,
    uploadBytesPerRound: FLOAT_BYTES * perPath,
    memoryBytes: FLOAT_BYTES * (4 * perPath + activations) + TEXT_BYTES,
    tokensPerRound,
    minutesPerRound,
    minutesTotal: (minutesPerRound * totalSteps) / inner.steps,
  };
}
