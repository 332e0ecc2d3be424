import { codecOf } from '@pathfold/compression/codecs';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import type { RunFacts } from '@pathfold/coordination/work-plan';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { joinModules, pathShape } from '@pathfold/training/path';
import { readAssignment } from '@pathfold/works/assigned';
import { routeFold } from '@pathfold/works/route/fold';
import { routePlan } from '@pathfold/works/route/plan';
import { routeRun } from '@pathfold/works/route/run';
import { trainFold } from '@pathfold/works/train/fold';
import { trainPlan } from '@pathfold/works/train/plan';
import { trainRun } from '@pathfold/works/train/run';
import { byteCorpus } from '../byte-corpus.ts';
import { baseOf, TOKENS_PER_SECOND } from '../diloco/start.ts';
import type { LaboratoryKind } from '../laboratory/kind.ts';
import { Laboratory } from '../laboratory/laboratory.ts';
import { natsPerByte } from '../laboratory/score.ts';
import type { Result } from '../results.ts';
import type { RunPorts } from '../study.ts';
import { type Blocks, blocksOf } from './blocks.ts';
import { evaluateWhole } from './evaluation.ts';
import type { ArmConfig } from './settings.ts';
import { mixtureRun, specOf } from './start.ts';

const routing: LaboratoryKind = { plan: routePlan, fold: routeFold, runOf: () => routeRun };
const training: LaboratoryKind = { plan: trainPlan, fold: trainFold, runOf: () => trainRun };

/** Looks at each path's held-out documents in the course of a run, for early stopping. */
const LOOKS = 10;

/**
 * Plays one arm in the laboratory to its end. Figures: nats a byte of the test documents, each by the path that it is
 * routed to; the oracle's; re-routed every 16 to 128 bytes; share of the largest and the smallest shard; mean cosine of
 * the outer gradients of the modules that several paths cross; tokens.
 */
export async function runArm(
  config: ArmConfig,
  seed: number,
  ports: RunPorts,
  corpus: Blocks = byteCorpus(),
): Promise<Result> {
  const executor = await openExecutor('wasm');
  const spec = specOf(config, seed);
  const blocks = blocksOf(corpus, config);
  // All arms of a seed start from the same base, whatever data they go on with.
  const whole = blocksOf(corpus, { ...config, corpus: { ...config.corpus, every: 1 } });
  const base = await baseOf(config, seed, executor, whole.train, ports);

  const cosines: [number, number][] = [];
  const best: Record<string, { nats: number; theta: Float32Array }> = {};
  let looked = 0;
  const lab: Laboratory = new Laboratory({
    kinds: [...(config.routing.kind === 'domains' ? [] : [routing]), training],
    executor,
    onEvent,
  });

  async function onEvent(event: CoordinatorEvent): Promise<void> {
    if (event.type !== 'FoldEnded' || event.kind !== 'train') return;
    const { version, cosine } = event.output.result as { version: number; cosine: number | null };
    if (cosine !== null) cosines.push([version, cosine]);
    const { facts, folds } = lab.state.runs['r']!;
    const step = config.inner.steps * Math.min(...Object.values(facts.modules).map((module) => module.version));
    const due = Math.floor((LOOKS * step) / config.totalSteps);
    if (due <= looked || Object.keys(folds).length > 0) return;
    looked = due;
    ports.say(`step ${step} of ${config.totalSteps}`);
    if (config.early) await lookAtPaths(facts);
  }

  /** Remembers each path as it was when it was best on the router documents that go to it. */
  async function lookAtPaths(facts: RunFacts): Promise<void> {
    if (!facts.routing) return;
    const { router } = readAssignment((await lab.blobs.get(facts.routing.assignment.sha256))!);
    for (const [index, id] of Object.keys(facts.paths).entries()) {
      const own = blocks.router.filter((_, document) => router[document] === index).map(({ ids }) => ids);
      if (own.length === 0) continue;
      const theta = await thetaOf(facts, id);
      const nats = await natsPerByte(executor, shapeOf(id), theta, own, spec.routing.prefixBytes);
      if (nats < (best[id]?.nats ?? Number.POSITIVE_INFINITY)) best[id] = { nats, theta };
    }
  }

  const shapeOf = (id: string) => pathShape(spec.model, levelsOf(spec), id, spec.embedding);
  async function thetaOf({ modules, paths }: RunFacts, id: string): Promise<Float32Array> {
    const parts = paths[id]!.modules.map(async (name) => {
      const { blob, parameterCount } = modules[name]!;
      return codecOf('f32').decode((await lab.blobs.get(blob.sha256))!, parameterCount);
    });
    return joinModules(await Promise.all(parts));
  }

  lab.create(await mixtureRun(lab.blobs, config, spec, base, blocks));
  const run = lab.state.runs['r']!;
  const ids = Object.keys(run.facts.paths);
  for (let worker = 0; worker < ids.length * config.replicas; worker++)
    lab.join({ id: `v${worker}`, tokensPerSecond: TOKENS_PER_SECOND });
  await lab.play(() => run.state === 'finished');

  const { facts } = run;
  const thetas: Record<string, Float32Array> = {};
  for (const id of ids) thetas[id] = (config.early && best[id]?.theta) || (await thetaOf(facts, id));
  ports.say('scores the test documents');
  const evaluation = await evaluateWhole(lab.blobs, executor, facts, thetas);
  const nats = (bits: number) => bits * Math.LN2;
  const shards = Object.values(facts.paths).map(({ shardTokens }) => shardTokens);
  const all = shards.reduce((sum, tokens) => sum + tokens, 0);
  const figures: Record<string, number> = {
    nats: nats(evaluation.validBitsPerByte),
    tokens: (run.works['train'] as { tokens: number }).tokens,
    parameters: Object.values(facts.modules).reduce((sum, { parameterCount }) => sum + parameterCount, 0),
    largest: Math.max(...shards) / all,
    smallest: Math.min(...shards) / all,
    cosine: cosines.length === 0 ? 0 : cosines.reduce((sum, [, y]) => sum + y, 0) / cosines.length,
  };
  if (evaluation.whole) {
    figures['oracle'] = nats(evaluation.whole.oracleBitsPerByte);
    for (const { tokens, bitsPerByte } of evaluation.whole.rerouted) figures[`rerouted${tokens}`] = nats(bitsPerByte);
  }
  executor.dispose();
  return { figures, curves: { cosine: meanByRound(cosines) } };
}

/** The modules of one version together. */
function meanByRound(points: readonly (readonly [number, number])[]): [number, number][] {
  const byRound = new Map<number, number[]>();
  for (const [round, value] of points) byRound.set(round, [...(byRound.get(round) ?? []), value]);
  return [...byRound]
    .sort(([a], [b]) => a - b)
    .map(([round, values]) => [round, values.reduce((sum, value) => sum + value, 0) / values.length]);
}
