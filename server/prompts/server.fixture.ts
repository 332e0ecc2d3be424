import { memoryBlobs } from '@pathfold/blobs/memory';
import type { ModuleShape } from '@pathfold/checkpoint/layout';
import { pathIds, pathModules, runModules } from '@pathfold/checkpoint/levels';
import { initModule } from '@pathfold/checkpoint/sources/seed';
import { trainTokenizer } from '@pathfold/corpora/bpe';
import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { generate } from '@pathfold/inference/generate';
import { type Sampling, sampler } from '@pathfold/inference/sample';
import { openFeatures, openSession } from '@pathfold/inference/session';
import { levelsOf, RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import type { Router } from '@pathfold/routing/assign/router';
import Fastify from 'fastify';
import { answerProblems } from '../api/problems.ts';
import { briefPlan } from '../works.ts';
import { createNetwork } from './network.ts';
import { promptsPlugin } from './plugin.ts';
import type { PromptDeps, PromptRun } from './runs.ts';

const TEXT = 'The whale swam. The sea was calm, and the sailors sang of the whale and of the sea.';

/** A coordinator of nothing but prompts, with one run `r1` of random weights, different in every module; with several paths it has a base and is not routed. */
export const promptServer = async (spec: Partial<RunSpecInput> = {}, deps: Partial<PromptDeps> = {}) => {
  const blobs = memoryBlobs();
  const tokenizerJson = trainTokenizer([TEXT], 300);
  const run: PromptRun = {
    id: 'r1',
    spec: RunSpec.parse({
      name: 'whales',
      corpus: 'starter',
      model: { width: 32, blocks: 2, heads: 2, context: 32, vocabulary: 320 },
      ...spec,
    }),
    createdAt: '2026-01-02T03:04:05.000Z',
    corpusName: 'starter',
    modules: [],
    paths: [],
    tokenizer: await blobs.put(new TextEncoder().encode(tokenizerJson)),
    base: null,
    router: null,
  };
  run.paths = pathIds(levelsOf(run.spec));
  const put = (shapes: readonly ModuleShape[], version: number) =>
    Promise.all(
      shapes.map(async (shape, i) => {
        const values = initModule(shape, version + 100 * i);
        return { name: shape.name, version, ...(await blobs.put(new Uint8Array(values.buffer))) };
      }),
    );
  /** Puts other weights in place, as a round does. */
  const publish = async (version: number): Promise<void> => {
    run.modules = await put(runModules(run.spec.model, levelsOf(run.spec)), version);
  };
  const { model } = run.spec;
  if (run.paths.length > 1) run.base = await put(pathModules(model, [{ experts: 1, blocks: model.blocks }], '0'), 7);
  await publish(1);
  const app = Fastify({ forceCloseConnections: true });
  answerProblems(app);
  await app.register(
    promptsPlugin({
      runs: { get: async (id) => (id === run.id ? run : null), list: async () => [run] },
      blobs,
      network: createNetwork({
        plan: briefPlan,
        send: () => false,
        record: async () => {},
        creditOf: () => 0,
        now: () => performance.now(),
      }),
      holdersOf: () => [],
      withoutRoom: () => [],
      promptKey: null,
      isOperator: (request) => request.headers.authorization === 'Bearer operator',
      ...deps,
    }),
  );
  return { app, run, publish, tokenizerJson, blobs };
};

/**
 * Gives a run of four paths a router that knows a prompt (the last path), and what a path says to it (the first one): no
 * long answer stays where it began.
 */
export async function publishWanderingRouter(
  { app, run, blobs, tokenizerJson }: Awaited<ReturnType<typeof promptServer>>,
  prompt: string,
  sampling: Sampling,
): Promise<Router> {
  const { width, context } = run.spec.model;
  const file = async (name: string) => (await app.inject(`/api/v1/runs/r1/export/${name}`)).rawPayload;
  const features = await openFeatures(await file('base-features.onnx'));
  const session = await openSession(await file(`${run.paths[0]}.kv.onnx`));
  const tokenizer = readTokenizer(tokenizerJson);
  const asked = tokenizer.encode(prompt);
  const said: number[] = [];
  const sample = sampler(sampling, tokenizer.vocabularySize);
  for await (const id of generate(() => session, context, [0, ...asked], sample))
    if (said.push(id) === 4 * context) break;
  const mean = new Array<number>(width).fill(0);
  for (let at = 0; at < said.length; at += context)
    (await features.feature(said.slice(at, at + context))).forEach((value, d) => {
      mean[d]! += value / 4;
    });
  const known = [...(await features.feature(asked.slice(0, context)))];
  await Promise.all([features.release(), session.release()]);
  const far = new Array<number>(width).fill(1e3);
  const router: Router = {
    ...{ kind: 'kmeans', version: 1, paths: [...run.paths], prefixBytes: 128, prefixTokens: context },
    ...{ base: run.base!.map(({ sha256 }) => sha256), mean: new Array(width).fill(0), scale: new Array(width).fill(1) },
    ...{ centroids: [[mean, far, far, known]], biases: [0, 0, 0, 0] },
  };
  run.router = await blobs.put(new TextEncoder().encode(JSON.stringify(router)));
  return router;
}
