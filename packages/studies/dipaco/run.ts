import { densePath, loadPath, pathShape } from '@pathfold/checkpoint/path';
import type { CoordinatorEvent } from '@pathfold/coordination/events';
import { isStopped, roundOf } from '@pathfold/coordination/run-round';
import type { Json, ModelRun, RunFacts } from '@pathfold/coordination/work-plan';
import { levelsOf } from '@pathfold/protocol/run-spec';
import { readAssignment } from '@pathfold/works/assigned';
import { moduleRefs } from '@pathfold/works/module-refs';
import { byteCorpus } from '../byte-corpus.ts';
import { baseOf, TOKENS_PER_SECOND } from '../diloco/start.ts';
import { Laboratory } from '../laboratory/laboratory.ts';
import { natsPerByte } from '../laboratory/score.ts';
import type { Result } from '../results.ts';
import type { RunPorts } from '../run-ports.ts';
import { routingOf, scoringOf, trainingOf } from './ablations.ts';
import { type Blocks, blocksOf } from './blocks.ts';
import { EarlyStopping } from './early.ts';
import { evaluateOwn, type Thetas } from './evaluation.ts';
import { endOf } from './figures.ts';
import { type ArmConfig, LOOKS } from './settings.ts';
import { mixtureRun, specOf } from './start.ts';
import { sampleOf, ValidationCurve } from './validation-curve.ts';
import { type Curve, meanByRound, Reshardings } from './watch.ts';

/**
 * Plays one arm in the laboratory to its end. Figures: those of the end (figures.ts); nats a byte of each path as it was
 * when it was best on its held-out documents (`early`); those of the base (`base`); paths that the product's rule stopped
 * (`stopped`); share of the largest and the smallest shard; the share of the
 * training blocks that each re-sharding moved; mean cosine of the outer gradients that meet in a module; leases that began
 * with cold moments after each path's first; parameters; tokens. Curves: those of the end, the loss on the way (`nats`,
 * validation-curve.ts), cosines by round.
 */
export async function runArm(
  config: ArmConfig,
  seed: number,
  ports: RunPorts,
  corpus: Blocks = byteCorpus(),
): Promise<Result> {
  const executor = await ports.openExecutor();
  const spec = specOf(config, seed);
  const blocks = blocksOf(corpus, config);
  /** The work that rests on the data of an arm: arms with the same part of them share it. */
  const ofData: RunPorts['cached'] = (name, of, make) =>
    ports.cached(name, { of, corpus: config.corpus } as unknown as Json, make);
  const base = await baseOf(config, seed, executor, blocks.train, { ...ports, cached: ofData });
  const [baseNats, baseSample] = await scoresOfBase();

  const cosines: Curve = [];
  const early = new EarlyStopping();
  const validation = new ValidationCurve(executor, spec, blocks.test, baseSample);
  const reshardings = new Reshardings({ blocks: blocks.train.length, width: spec.model.width });
  let cold = 0;
  let looked = 0;
  const training = trainingOf(() => cold++);
  const lab: Laboratory = new Laboratory({
    kinds: [
      ...(config.routing.kind === 'domains' ? [] : [routingOf(config.routing)]),
      training,
      ...(config.patience === null ? [] : [scoringOf()]),
    ],
    executor,
    onEvent,
  });

  async function onEvent(event: CoordinatorEvent): Promise<void> {
    if (event.type !== 'FoldEnded' || event.kind === 'evaluate') return;
    const { facts, folds } = lab.state.runs['r']!;
    const step = config.inner.steps * roundOf(facts);
    if (event.kind === 'route') {
      await reshardings.watch(event, lab.blobs);
      if (event.output.routing) await routeValidation(facts, step);
      return;
    }
    const { version, cosine } = event.output.result as { version: number; cosine: number | null };
    if (cosine !== null) cosines.push([version, cosine]);
    const due = Math.floor((LOOKS * step) / config.totalSteps);
    if (due <= looked || Object.values(folds).some(({ kind }) => kind === 'train')) return;
    looked = due;
    await validation.look(step, Object.keys(facts.paths), (id) => thetaOf(facts, id));
    ports.say(`step ${step} of ${config.totalSteps}, ${validation.curve.at(-1)![1].toFixed(4)} nats a byte`);
    if (config.early) await lookAtPaths(facts);
  }

  const assignmentOf = async ({ routing }: RunFacts) =>
    readAssignment((await lab.blobs.get(routing!.assignment.sha256))!);

  async function routeValidation(facts: RunFacts, step: number): Promise<void> {
    const { test } = await assignmentOf(facts);
    await validation.route(test, step, Object.keys(facts.paths), (id) => thetaOf(facts, id));
  }

  /** Looks at each path on the router documents that go to it. */
  async function lookAtPaths(facts: RunFacts): Promise<void> {
    if (!facts.routing) return;
    const { router } = await assignmentOf(facts);
    for (const [index, id] of Object.keys(facts.paths).entries()) {
      const own = blocks.router.filter((_, document) => router[document] === index).map(({ ids }) => ids);
      if (own.length === 0) continue;
      const theta = await thetaOf(facts, id);
      const nats = await natsPerByte(executor, shapeOf(id), theta, own, spec.routing.prefixBytes);
      early.look(id, { routing: facts.routing.version, nats, theta });
    }
  }

  const shapeOf = (id: string) => pathShape(spec.model, levelsOf(spec), id, spec.embedding);
  /** As a path answers: its newest modules, or the best ones of a path that was stopped. */
  async function thetaOf(facts: RunFacts, id: string): Promise<Float32Array> {
    return loadPath(moduleRefs(facts, id), async ({ sha256 }) => (await lab.blobs.get(sha256))!);
  }

  /** Nats a byte of all test documents by the base, and of those that are looked at on the way. */
  async function scoresOfBase(): Promise<readonly [number, number]> {
    const { model, base: how, testEvery } = config;
    const bytes = await ofData('nats of the base', { model, how, testEvery, seed } as unknown as Json, async () => {
      const path = densePath(spec.model);
      const score = (documents: Blocks['test']) => {
        const texts = documents.map(({ ids }) => ids);
        return natsPerByte(executor, path, base, texts, spec.routing.prefixBytes);
      };
      const nats = [await score(blocks.test), await score(sampleOf(blocks.test))];
      return new Uint8Array(Float64Array.from(nats).buffer);
    });
    return [...new Float64Array(bytes.slice().buffer)] as [number, number];
  }

  lab.create(await mixtureRun(lab.blobs, config, spec, base, blocks));
  const run = lab.state.runs['r']!;
  if (run.facts.routing) await routeValidation(run.facts, 0);
  const ids = Object.keys(run.facts.paths);
  const workers = ids.length * config.replicas;
  for (let worker = 0; worker < workers; worker++) lab.join({ id: `v${worker}`, tokensPerSecond: TOKENS_PER_SECOND });
  // The product scores once more when a run ends: that is done below.
  await lab.play(() => run.ending);

  const { facts } = run as { readonly facts: ModelRun };
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
    base: baseNats,
    tokens: (run.works['train'] as { tokens: number }).tokens,
    parameters: Object.values(facts.modules).reduce((sum, { parameterCount }) => sum + parameterCount, 0),
    largest: Math.max(...shards) / all,
    smallest: Math.min(...shards) / all,
    cosine: cosines.length === 0 ? 0 : cosines.reduce((sum, [, y]) => sum + y, 0) / cosines.length,
    cold: config.exchange === 'gradients' ? 0 : cold - workers,
    refused: reshardings.refused,
    ...(config.patience !== null && { stopped: ids.filter((id) => isStopped(facts, id)).length }),
    ...Object.fromEntries(reshardings.moved.map((share, index) => [`moved${index + 1}`, share])),
  };
  const { routing } = facts;
  if (config.early && routing)
    figures['early'] = await evaluateOwn(scoring, await thetas((id) => early.at(id, routing.version)?.theta));
  executor.dispose();
  return { figures, curves: { ...end.curves, nats: validation.curve, cosine: meanByRound(cosines) } };
}
