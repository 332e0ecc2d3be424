import { memoryBlobs } from '@pathfold/blobs/memory';
import { trainTokenizer } from '@pathfold/corpora/bpe';
import { moduleTensors, pathIds, pathModules } from '@pathfold/nets/llama-modules';
import { initModule, type ModuleShape } from '@pathfold/nets/modules';
import { levelsOf, RunSpec, type RunSpecInput } from '@pathfold/protocol/run-spec';
import Fastify from 'fastify';
import { answerProblems } from '../api/problems.ts';
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
    run.modules = await put(moduleTensors(run.spec.model, levelsOf(run.spec)), version);
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
      promptKey: null,
      isOperator: (request) => request.headers.authorization === 'Bearer operator',
      ...deps,
    }),
  );
  return { app, run, publish, tokenizerJson, blobs };
};
