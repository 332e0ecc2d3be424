import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import * as field from './fields.ts';

/** A number is a fixed size, a string names a size that is known only at run time. */
export type Dimension = number | string;
export type ElementType = keyof typeof field.DATA_TYPE;
export type Attribute = number | readonly number[];

export interface ValueInfo {
  name: string;
  type: ElementType;
  shape: readonly Dimension[];
}
export interface Node {
  op: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}
export interface Initializer {
  name: string;
  shape: readonly number[];
  data: Float32Array | Uint8Array | BigInt64Array;
}
export interface Graph {
  name: string;
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
  nodes: readonly Node[];
  initializers: readonly Initializer[];
}

/** A protobuf message in pieces: tensors are copied once, when the whole model is joined. */
type Pieces = Uint8Array[];
const sizeOf = (pieces: Pieces): number => pieces.reduce((sum, piece) => sum + piece.length, 0);

const number = (no: number, value: number): Pieces => [
  new BinaryWriter().tag(no, WireType.Varint).int64(value).finish(),
];
const message = (no: number, ...parts: Pieces[]): Pieces => {
  const pieces = parts.flat();
  return [new BinaryWriter().tag(no, WireType.LengthDelimited).uint32(sizeOf(pieces)).finish(), ...pieces];
};
const text = (no: number, value: string): Pieces => message(no, [new TextEncoder().encode(value)]);

const attribute = (name: string, value: Attribute): Pieces => {
  const body =
    typeof value === 'number'
      ? [number(field.ATTRIBUTE.i, value), number(field.ATTRIBUTE.type, field.ATTRIBUTE_TYPE.int)]
      : [
          ...value.map((item) => number(field.ATTRIBUTE.ints, item)),
          number(field.ATTRIBUTE.type, field.ATTRIBUTE_TYPE.ints),
        ];
  return message(field.NODE.attribute, text(field.ATTRIBUTE.name, name), ...body);
};

const node = (item: Node): Pieces =>
  message(
    field.GRAPH.node,
    ...item.inputs.map((name) => text(field.NODE.input, name)),
    ...item.outputs.map((name) => text(field.NODE.output, name)),
    text(field.NODE.name, item.outputs[0]!),
    text(field.NODE.opType, item.op),
    ...Object.entries(item.attributes).map(([name, value]) => attribute(name, value)),
  );

const typeOf = (data: Initializer['data']): ElementType => {
  if (data instanceof Float32Array) return 'float';
  return data instanceof Uint8Array ? 'uint8' : 'int64';
};

const initializer = ({ name, shape, data }: Initializer): Pieces =>
  message(
    field.GRAPH.initializer,
    ...shape.map((size) => number(field.TENSOR.dims, size)),
    number(field.TENSOR.dataType, field.DATA_TYPE[typeOf(data)]),
    text(field.TENSOR.name, name),
    message(field.TENSOR.rawData, [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]),
  );

const dimension = (size: Dimension): Pieces =>
  message(
    field.SHAPE.dim,
    typeof size === 'number' ? number(field.DIMENSION.value, size) : text(field.DIMENSION.param, size),
  );

const valueInfo = (no: number, { name, type, shape }: ValueInfo): Pieces =>
  message(
    no,
    text(field.VALUE_INFO.name, name),
    message(
      field.VALUE_INFO.type,
      message(
        field.TYPE.tensor,
        number(field.TENSOR_TYPE.elemType, field.DATA_TYPE[type]),
        message(field.TENSOR_TYPE.shape, ...shape.map(dimension)),
      ),
    ),
  );

/**
 * The bytes of an ONNX model with one graph of standard operators (opset 18), weights inside.
 * The host must be little-endian, as every host of JavaScript in use is.
 */
export const encodeModel = (graph: Graph, metadata: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> => {
  const pieces = [
    number(field.MODEL.irVersion, field.IR_VERSION),
    text(field.MODEL.producerName, 'pathfold'),
    message(
      field.MODEL.graph,
      ...graph.nodes.map(node),
      text(field.GRAPH.name, graph.name),
      ...graph.initializers.map(initializer),
      ...graph.inputs.map((value) => valueInfo(field.GRAPH.input, value)),
      ...graph.outputs.map((value) => valueInfo(field.GRAPH.output, value)),
    ),
    message(field.MODEL.opsetImport, number(field.OPSET.version, field.OPSET_VERSION)),
    ...Object.entries(metadata).map(([key, value]) =>
      message(field.MODEL.metadata, text(field.ENTRY.key, key), text(field.ENTRY.value, value)),
    ),
  ].flat();
  const bytes = new Uint8Array(sizeOf(pieces));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
};
