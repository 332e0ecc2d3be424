import { codecOf } from '@pathfold/compression/codecs';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import type { Json, RunFacts } from '@pathfold/coordination/work-plan';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { openExecutor } from '@pathfold/tensors/executors/open';
import { joinModules, pathShape } from '@pathfold/training/path';
import { readAssignment } from '@pathfold/works/assigned';
import { byteCorpus } from '../byte-corpus.ts';
import { baseOf, TOKENS_PER_SECOND } from '../diloco/start.ts';
import { Laboratory } from '../laboratory/laboratory.ts';
import { natsPerByte } from '../laboratory/score.ts';
import type { Result } from '../results.ts';
import type { RunPorts } from '../study.ts';
import { type Blocks, blocksOf } from './blocks.ts';
import { EarlyStopping } from './early.ts';
import { evaluateOwn, type Thetas } from './evaluation.ts';
import { endOf } from './figures.ts';
import { routingOf, trainingOf } from './habits.ts';
import type { ArmConfig } from './settings.ts';
import { mixtureRun, specOf } from './start.ts';
import { type Curve, meanByRound, Reshardings } from './watch.ts';

/** Looks at each path's held-out documents in the course of a run, for early stopping. */
const LOOKS = 10;

/**
 * Plays one arm in the laboratory to its end. Figures: those of the end (figures.ts); nats a byte of each path as it was
 * when it was best on its held-out documents (`early`); share of the largest and the smallest shard; the share of the
 * training blocks that each re-sharding moved; mean cosine of the outer gradients that meet in a module; leases that began
 * with cold moments after each path's first; parameters; tokens.
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
  const { scarce, scarceEvery } = config.corpus;
  const cached: RunPorts['cached'] = (name, of, make) =>
    ports.cached(name, { of, scarce, scarceEvery } as unknown as Json, make);
  const base = await baseOf(config, seed, executor, whole.train, { ...ports, cached });

  const cosines: Curve = [];
  const early = new EarlyStopping();
  const reshardings = new Reshardings({ blocks: blocks.train.length, width: spec.model.width });
  let cold = 0;
  let looked = 0;
  const training = trainingOf(() => cold++);
  const lab: Laboratory = new Laboratory({
    kinds: [...(config.routing.kind === 'domains' ? [] : [routingOf(config.routing)]), training],
    executor,
    onEvent,
  });

  async function onEvent(event: CoordinatorEvent): Promise<void> {
    if (event.type !== 'FoldEnded') return;
    if (event.kind === 'route') {
      await reshardings.watch(event, lab.blobs);
      return;
    }
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

  /** Looks at each path on the router documents that go to it. */
  async function lookAtPaths(facts: RunFacts): Promise<void> {
    if (!facts.routing) return;
    const { router } = readAssignment((await lab.blobs.get(facts.routing.assignment.sha256))!);
    for (const [index, id] of Object.keys(facts.paths).entries()) {
      const own = blocks.router.filter((_, document) => router[document] === index).map(({ ids }) => ids);
      if (own.length === 0) continue;
      const theta = await thetaOf(facts, id);
      const nats = await natsPerByte(executor, shapeOf(id), theta, own, spec.routing.prefixBytes);
      early.look(id, { routing: facts.routing.version, nats, theta });
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
  const workers = ids.length * config.replicas;
  for (let worker = 0; worker < workers; worker++) lab.join({ id: `v${worker}`, tokensPerSecond: TOKENS_PER_SECOND });
  await lab.play(() => run.state === 'finished');

  const { facts } = run;
  const thetas = async (thetaAt: (id: string) => Float32Array | undefined): Promise<Thetas> =>
    Object.fromEntries(await Promise.all(ids.map(async (id) => [id, thetaAt(id) ?? (await thetaOf(facts, id))])));
  ports.say('scores the test documents');
  const scoring = { blobs: lab.blobs, executor, facts };
  const end = await endOf(
    { ...scoring, base, blocks, features: config.routing.features },
    await thetas(() => undefined),
  );
  const shards = Object.values(facts.paths).map(({ shardTokens }) => shardTokens);
  const all = shards.reduce((sum, tokens) => sum + tokens, 0);
  const figures: Record<string, number> = {
    ...end.figures,
    tokens: (run.works['train'] as { tokens: number }).tokens,
    parameters: Object.values(facts.modules).reduce((sum, { parameterCount }) => sum + parameterCount, 0),
    largest: Math.max(...shards) / all,
    smallest: Math.min(...shards) / all,
    cosine: cosines.length === 0 ? 0 : cosines.reduce((sum, [, y]) => sum + y, 0) / cosines.length,
    cold: config.exchange === 'gradients' ? 0 : cold - workers,
    refused: reshardings.refused,
    ...Object.fromEntries(reshardings.moved.map((share, index) => [`moved${index + 1}`, share])),
  };
  const { routing } = facts;
  if (config.early && routing)
    figures['early'] = await evaluateOwn(scoring, await thetas((id) => early.at(id, routing.version)?.theta));
  executor.dispose();
  return { figures, curves: { ...end.curves, cosine: meanByRound(cosines) } };
}
