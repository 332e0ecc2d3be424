import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { randomPath } from '../fixtures/random-path.ts';
import { parseFileName, writePath } from './files.ts';
import type { ExportNotes } from './folder.ts';

const NOTES: ExportNotes = { runName: 'r', path: '0', round: 3, corpusName: 'starter', licence: 'CC0-1.0' };
const TOKENIZER = new TextEncoder().encode('{"model":{}}');

/** Reads by the published layout: u64 length, JSON header, data. */
const readSafetensors = (file: Uint8Array) => {
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(strFromU8(file.subarray(8, 8 + headerBytes))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const data = file.slice(8 + headerBytes);
  return {
    headerBytes,
    header,
    tensor: (name: string) => new Float32Array(data.buffer.slice(...header[name]!.data_offsets)),
    dataBytes: data.length,
  };
};

describe.each([true, false])('safetensors, tied %s', (tied) => {
  const path = randomPath({ tied, blocks: 2 });
  const file = readSafetensors(writePath('safetensors', path, TOKENIZER, NOTES));
  const names = Object.keys(file.header).filter((name) => name !== '__metadata__');

  test('the header is aligned and the tensors cover the data without a gap', () => {
    expect(file.headerBytes % 8).toBe(0);
    let end = 0;
    for (const name of names) {
      const { dtype, shape, data_offsets } = file.header[name]!;
      expect(dtype).toBe('F32');
      expect(data_offsets).toEqual([end, end + 4 * shape.reduce((a, b) => a * b)]);
      end = data_offsets[1];
    }
    expect(end).toBe(file.dataBytes);
  });

  test("names and layouts are those of Hugging Face's Llama", () => {
    expect(names).toHaveLength(2 + 2 * 9 + (tied ? 0 : 1));
    expect(names.includes('lm_head.weight')).toBe(!tied);
    const { shape } = file.header['model.layers.1.mlp.gate_proj.weight']!;
    expect(shape).toEqual([path.hidden, path.width]);
    const up_FD = file.tensor('model.layers.1.mlp.up_proj.weight');
    expect(up_FD[7 * path.width + 3]).toBe(path.blocks[1]!.gateUp_D2F[3 * 2 * path.hidden + path.hidden + 7]);
    const key_DD = file.tensor('model.layers.0.self_attn.k_proj.weight');
    expect(key_DD[9 * path.width + 5]).toBe(path.blocks[0]!.qkv_D3D[5 * 3 * path.width + path.width + 9]);
    expect(file.tensor('model.embed_tokens.weight')).toEqual(path.embedding_VD);
  });
});

test('the folder holds what a reader of Hugging Face models looks for', () => {
  const path = randomPath();
  const zip = writePath('hf.zip', path, TOKENIZER, NOTES);
  const files = unzipSync(zip);
  expect(Object.keys(files).sort()).toEqual([
    'README.md',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  expect(JSON.parse(strFromU8(files['config.json']!))).toMatchObject({
    model_type: 'llama',
    hidden_size: 32,
    intermediate_size: 80,
    num_hidden_layers: 3,
    tie_word_embeddings: true,
  });
  expect(strFromU8(files['README.md']!)).toContain('CC0-1.0');
  expect(files['model.safetensors']).toEqual(writePath('safetensors', path, TOKENIZER, NOTES));
  expect(writePath('hf.zip', path, TOKENIZER, NOTES)).toEqual(zip);
});

test('file names name a path and a format', () => {
  expect(parseFileName('0.onnx')).toEqual({ path: '0', format: 'onnx' });
  expect(parseFileName('0-3.kv.onnx')).toEqual({ path: '0-3', format: 'kv.onnx' });
  for (const name of ['onnx', '.onnx', 'a.onnx', '0-.onnx', '0.txt', '../0.onnx', '0.kv']) {
    expect(parseFileName(name)).toBeNull();
  }
});
