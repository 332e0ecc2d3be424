import { pathOnnx } from '../onnx/path-graph.ts';
import type { PathWeights } from '../path-weights.ts';
import { type ExportNotes, pathFolder, pathSafetensors } from './folder.ts';

/** What a path can be exported as: the ending of the file's name after the path id. */
export const PATH_FORMATS = ['kv.onnx', 'onnx', 'safetensors', 'hf.zip'] as const;
export type PathFormat = (typeof PATH_FORMATS)[number];

export const CONTENT_TYPES: Record<PathFormat, string> = {
  'kv.onnx': 'application/octet-stream',
  onnx: 'application/octet-stream',
  safetensors: 'application/octet-stream',
  'hf.zip': 'application/zip',
};

/** `0-3.kv.onnx` is path `0-3` in format `kv.onnx`; null for any other name. */
export const parseFileName = (file: string): { path: string; format: PathFormat } | null => {
  const format = PATH_FORMATS.find((ending) => file.endsWith(`.${ending}`));
  if (!format) return null;
  const path = file.slice(0, -format.length - 1);
  return /^\d+(-\d+)*$/.test(path) ? { path, format } : null;
};

/** The bytes of an export; equal input gives equal bytes. Throws `too_large` where the format cannot hold the weights. */
export const writePath = (
  format: PathFormat,
  weights: PathWeights,
  tokenizerJson: Uint8Array,
  notes: ExportNotes,
): Uint8Array => {
  switch (format) {
    case 'onnx':
      return pathOnnx(weights, { cached: false });
    case 'kv.onnx':
      return pathOnnx(weights, { cached: true });
    case 'safetensors':
      return pathSafetensors(weights, notes);
    case 'hf.zip':
      return pathFolder(weights, tokenizerJson, notes);
  }
};
