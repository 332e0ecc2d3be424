import { FORMATS, type WeightFormat } from '@pathfold/checkpoint/formats';
import { pathOnnx } from '@pathfold/inference/onnx/path-graph';
import { transformersJs } from '@pathfold/inference/transformers-js';

const graph = (cached: boolean): WeightFormat => ({
  contentType: 'application/octet-stream',
  write: (weights) => pathOnnx(weights, { cached }),
});

/** Exports of a path by the ending of the file's name after the path id: weights, and graphs with them. */
export const EXPORTS: ReadonlyMap<string, WeightFormat> = new Map([
  ['onnx', graph(false)],
  ['kv.onnx', graph(true)],
  ['transformersjs.zip', transformersJs],
  ...FORMATS,
]);

/** `0-3.kv.onnx` is path `0-3` in format `kv.onnx`; null for any other name. */
export const parseFileName = (file: string): { path: string; format: string } | null => {
  const [, path, format] = /^(\d+(?:-\d+)*)\.(.+)$/.exec(file) ?? [];
  return path !== undefined && format !== undefined && EXPORTS.has(format) ? { path, format } : null;
};
