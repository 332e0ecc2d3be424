import { halvesOf, valuesOf } from '@pathfold/compression/half';
import { PathfoldError } from '@pathfold/protocol/errors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hiddenWidth } from '../layout.ts';
import { randomPath } from '../random-path.fixture.ts';
import safetensors, { writeHalves } from './safetensors.ts';

const NOTES = { runName: 'r', path: '0', round: 3, corpusName: 'starter', licence: 'CC0-1.0' };
type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** By the published layout: u64 length, JSON header, data. */
const partsOf = (file: Uint8Array) => {
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes))) as Header;
  return { headerBytes, header, data: file.slice(8 + headerBytes) };
};

describe.each([true, false])('a file, tied head %s', (tied) => {
  const path = randomPath({ tied, blocks: 2 });
  const { headerBytes, header, data } = partsOf(safetensors.write(path, new Uint8Array(), NOTES));
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  const { width } = path.model;

  test('has an aligned header, and its tensors cover the data without a gap', () => {
    expect(headerBytes % 8).toBe(0);
    let end = 0;
    for (const name of names) {
      const { dtype, shape, data_offsets } = header[name]!;
      expect(dtype).toBe('F32');
      expect(data_offsets).toEqual([end, end + 4 * shape.reduce((a, b) => a * b)]);
      end = data_offsets[1];
    }
    expect(end).toBe(data.length);
  });

  test("has the names and layouts of Hugging Face's Llama", () => {
    const hidden = hiddenWidth(width);
    const written = (name: string) => new Float32Array(data.buffer.slice(...header[name]!.data_offsets));
    expect(names).toHaveLength(2 + 2 * 9 + (tied ? 0 : 1));
    expect(names.includes('lm_head.weight')).toBe(!tied);
    expect(header['model.layers.1.mlp.gate_proj.weight']!.shape).toEqual([hidden, width]);
    const up_FD = written('model.layers.1.mlp.up_proj.weight');
    expect(up_FD[7 * width + 3]).toBe(path.tensor('block1.gateUp')[3 * 2 * hidden + hidden + 7]);
    const key_DD = written('model.layers.0.self_attn.k_proj.weight');
    expect(key_DD[9 * width + 5]).toBe(path.tensor('block0.qkv')[5 * 3 * width + width + 9]);
    expect(written('model.embed_tokens.weight')).toEqual(path.tensor('tokens'));
  });
});

test('a file in halves is read as the nearest halves of its values, in half the bytes', () => {
  const path = randomPath({ blocks: 2 });
  const [file, halves] = [safetensors.write(path, new Uint8Array(), NOTES), writeHalves(path, NOTES)];
  expect(2 * partsOf(halves).data.length).toBe(partsOf(file).data.length);
  const [exact, read] = [file, halves].map((bytes) => safetensors.read(bytes, path.model));
  expect(read).toEqual(valuesOf(halvesOf(exact!)));
  expect(read).not.toEqual(exact);

  const infinite = halves.slice();
  infinite.set([0x00, 0x7c], halves.length - 2);
  expect(() => safetensors.read(infinite, path.model)).toThrow('model.norm.weight has a value that is not finite');
});

describe('what is no such file is refused, and the refusal says what is wrong with it', () => {
  const path = randomPath({ width: 16, heads: 2, blocks: 1, vocabulary: 9 });
  const file = safetensors.write(path, new Uint8Array(), NOTES);
  const [first, second] = ['model.embed_tokens.weight', 'model.layers.0.input_layernorm.weight'] as const;

  /** The file with another header, and as many bytes more or fewer of data. */
  const forged = (change: (header: Header) => void, more = 0): Uint8Array => {
    const { header, data } = partsOf(file);
    change(header);
    const text = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + text.length + data.length + more);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    bytes.set(data.subarray(0, data.length + Math.min(0, more)), 8 + text.length);
    return bytes;
  };
  const announcing = (headerBytes: bigint): Uint8Array => {
    const bytes = file.slice();
    new DataView(bytes.buffer).setBigUint64(0, headerBytes, true);
    return bytes;
  };
  const refusal = (bytes: Uint8Array, model = path.model): string => {
    try {
      safetensors.read(bytes, model);
    } catch (error) {
      if (error instanceof PathfoldError && error.code === 'bad_checkpoint') return error.detail;
      throw error;
    }
    return '';
  };

  test.each<[string, Uint8Array, string]>([
    ['no header', new Uint8Array(7), 'hold no header'],
    ['a header longer than the file', announcing(BigInt(file.length)), 'a header of'],
    ['a header longer than any', announcing(2n ** 63n), 'a header of'],
    ['a header that is no JSON', announcing(9n), 'not JSON'],
    [
      'another dtype',
      forged((header) => Object.assign(header[second]!, { dtype: 'BF16' })),
      `${second}.dtype: only F32 and F16`,
    ],
    ['a negative size', forged((header) => Object.assign(header[second]!, { shape: [-16] })), `${second}.shape`],
    ['a shape of another size', forged((header) => Object.assign(header[second]!, { shape: [17] })), 'its shape asks'],
    [
      'tensors that overlap',
      forged((header) => Object.assign(header[second]!, { data_offsets: [0, 64] })),
      'begins at',
    ],
    ['bytes after the last tensor', forged(() => {}, 4), '4 bytes come after'],
    ['data that is cut off', forged(() => {}, -4), 'bytes of data'],
    [
      'a tensor too few',
      forged((header) => {
        delete header[first];
      }, 0),
      'begins at',
    ],
    [
      'a tensor that no Llama has',
      forged((header) => {
        header['x'] = { dtype: 'F32', shape: [0], data_offsets: [0, 0] };
      }),
      'no place for the tensor x',
    ],
  ])('%s', (_title, bytes, detail) => {
    expect(refusal(bytes)).toContain(detail);
  });

  test('another model', () => {
    expect(refusal(file)).toBe('');
    expect(refusal(file, { ...path.model, vocabulary: 10 })).toContain(
      `${first} is 9x16 where the model asks for 10x16`,
    );
    expect(refusal(file, { ...path.model, tied: false })).toContain('there is no tensor lm_head.weight');
    expect(refusal(file, { ...path.model, blocks: 2 })).toContain('there is no tensor model.layers.1.');
  });

  test('any bytes: a refusal, or weights; never another error', () => {
    const { headerBytes } = partsOf(file);
    fc.assert(
      fc.property(fc.nat(8 + headerBytes), fc.uint8Array({ maxLength: 12 }), fc.boolean(), (at, bytes, cut) => {
        const bad = file.slice(0, cut ? at : undefined);
        bad.set(bytes.subarray(0, Math.max(0, bad.length - at)), at);
        refusal(bad);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
