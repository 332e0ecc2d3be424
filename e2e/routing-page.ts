import { readTokenizer } from '@pathfold/corpora/tokenizer';
import { inNames, routeText } from '@pathfold/inference/route';
import { openFeatures } from '@pathfold/inference/session';
import { fetchFeatures, fetchRouter, fetchTokenizer } from '../apps/prompt/model/fetch-model.ts';

/** The half of `routing.spec.ts` in a page: it fetches and routes as the prompt page's worker does, and answers no prompt. */
const pathsOf = async (runId: string, texts: readonly string[]): Promise<string[]> => {
  const tokenizer = readTokenizer(await fetchTokenizer(runId));
  const { router } = await fetchRouter(runId);
  const { onnx } = await fetchFeatures(runId, () => {});
  const features = await openFeatures(onnx, { runtimeUrl: new URL('/ort/', location.origin).href });
  const paths: string[] = [];
  for (const text of texts) paths.push(inNames(router, await routeText({ router, tokenizer, features }, text)).path);
  await features.release();
  return paths;
};

export type PathsOf = typeof pathsOf;

Object.assign(window, { pathsOf });
