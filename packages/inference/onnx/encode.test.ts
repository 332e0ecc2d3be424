import { expect, test } from 'vitest';
import { GraphBuilder } from './builder.ts';
import { encodeModel } from './encode.ts';

/** y = w · transpose(x), as protoc would write it: each field with its number, length and value. */
const GOLDEN = `
  08 08                                           ir_version: 8
  12 08 70 61 74 68 66 6f 6c 64                   producer_name: pathfold
  3a c7 01                                        graph
    0a 37                                         node
      0a 01 78                                    input: x
      12 0b 54 72 61 6e 73 70 6f 73 65 5f 30      output: Transpose_0
      1a 0b 54 72 61 6e 73 70 6f 73 65 5f 30      name: Transpose_0
      22 09 54 72 61 6e 73 70 6f 73 65            op_type: Transpose
      2a 0d                                       attribute
        0a 04 70 65 72 6d                         name: perm
        40 01 40 00                               ints: 1, 0
        a0 01 07                                  type: INTS
    0a 2c                                         node
      0a 01 77                                    input: w
      0a 0b 54 72 61 6e 73 70 6f 73 65 5f 30      input: Transpose_0
      12 08 4d 61 74 4d 75 6c 5f 31               output: MatMul_1
      1a 08 4d 61 74 4d 75 6c 5f 31               name: MatMul_1
      22 06 4d 61 74 4d 75 6c                     op_type: MatMul
    0a 1a                                         node
      0a 08 4d 61 74 4d 75 6c 5f 31               input: MatMul_1
      12 01 79                                    output: y
      1a 01 79                                    name: y
      22 08 49 64 65 6e 74 69 74 79               op_type: Identity
    12 01 67                                      name: g
    2a 13                                         initializer
      08 01 08 02                                 dims: 1, 2
      10 01                                       data_type: FLOAT
      42 01 77                                    name: w
      4a 08 00 00 80 3f 00 00 00 c0               raw_data: 1, -2
    5a 14                                         input
      0a 01 78                                    name: x
      12 0f 0a 0d                                 type, tensor_type
        08 01                                     elem_type: FLOAT
        12 09                                     shape
          0a 03 12 01 6e                          dim_param: n
          0a 02 08 02                             dim_value: 2
    62 14                                         output
      0a 01 79                                    name: y
      12 0f 0a 0d                                 type, tensor_type
        08 01                                     elem_type: FLOAT
        12 09                                     shape
          0a 02 08 01                             dim_value: 1
          0a 03 12 01 6e                          dim_param: n
  42 02                                           opset_import
    10 12                                         version: 18
  72 06                                           metadata_props
    0a 01 6b 12 01 76                             k: v
`;

const bytesOf = (golden: string): string =>
  golden
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/)[0])
    .join(' ')
    .trim();

test('a model is written byte for byte as ONNX says', () => {
  const g = new GraphBuilder();
  const x = g.input('x', 'float', ['n', 2]);
  const w = g.weight('w', [1, 2], Float32Array.of(1, -2));
  const turned = g.node('Transpose', [x], { perm: [1, 0] });
  g.output('y', g.node('MatMul', [w, turned]), 'float', [1, 'n']);
  const bytes = encodeModel(g.graph('g'), { k: 'v' });
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  expect(hex).toBe(bytesOf(GOLDEN));
});
