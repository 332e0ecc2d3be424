import type { ModuleShape } from '@pathfold/checkpoint/layout';
import { pathIds, pathModules, runModules } from '@pathfold/checkpoint/levels';
import { codecsOf } from '@pathfold/compression/codecs';
import type { EstimateResource } from '@pathfold/protocol/resources';
import { levelsOf, pathCountOf, type RunSpec } from '@pathfold/protocol/run-spec';
import { DEADLINE_MARGIN } from '@pathfold/works/deadline';
import { scoringBytes, trainingBytes } from '@pathfold/works/footprint';

const FLOAT_BYTES = 4;
/** Tokens of the shard and of the held-out text that a volunteer keeps at hand, about. */
const TEXT_BYTES = 8 * 1024 * 1024;

/** The volunteers that train. */
export interface Present {
  /** Speed of each. */
  readonly tokensPerSecond: number;
  /** Undefined: as many as have work at once. */
  readonly volunteers: number | undefined;
}

const parametersOf = (modules: readonly ModuleShape[]): number =>
  modules.reduce((sum, { parameterCount }) => sum + parameterCount, 0);

/**
 * The cost of a run for one volunteer and for all. A round needs the quorum of every path; where volunteers are
 * fewer, they take turns; who is slow does as many of its steps as a lease has time for. Left out: routing and scoring,
 * whose tokens follow from a corpus that nobody has cut into tokens yet.
 */
export function estimate(spec: RunSpec, { tokensPerSecond, volunteers }: Present): EstimateResource {
  const { model, inner, base, embedding, quorum, replicas, totalSteps, roundDeadlineMs } = spec;
  const levels = levelsOf(spec);
  const pathCount = pathCountOf(levels);
  const modules = runModules(model, levels, embedding);
  const ofPath = pathModules(model, levels, pathIds(levels)[0]!, embedding);
  const perPath = parametersOf(ofPath);
  const downloadBytes = FLOAT_BYTES * perPath;
  const uploadBytes = codecsOf(spec.wire).at(-1)!.typicalBytes(ofPath);
  const most = pathCount * replicas;
  const present = volunteers ?? most;
  const leases = Math.min(most, Math.max(present, pathCount * quorum));
  const tokensPerStep = inner.batch * model.context;
  const minutesPerStep = tokensPerStep / tokensPerSecond / 60;
  const possible = Math.max(1, Math.floor((DEADLINE_MARGIN * roundDeadlineMs) / 60_000 / minutesPerStep));
  const steps = Math.min(inner.steps, possible);
  const minutesPerRound = steps * minutesPerStep * Math.ceil((pathCount * quorum) / present);
  const baseSteps = base && 'steps' in base ? base.steps : 0;
  const baseMinutes = baseSteps * minutesPerStep * Math.ceil(quorum / present);
  return {
    pathCount,
    parametersPerPath: perPath,
    parametersTotal: parametersOf(modules),
    moduleCount: modules.length,
    downloadBytesPerRound: downloadBytes,
    uploadBytesPerRound: uploadBytes,
    coordinatorBytesPerRound: (downloadBytes + uploadBytes) * leases,
    memoryBytes: Math.max(trainingBytes(spec, perPath, 0), scoringBytes(spec, perPath, 0)) + TEXT_BYTES,
    volunteers: present,
    tokensPerRound: steps * tokensPerStep,
    minutesPerRound,
    baseMinutes,
    minutesTotal: baseMinutes + (minutesPerRound * totalSteps) / steps,
  };
}
