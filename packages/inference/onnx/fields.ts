/** Field numbers and enumerations of `onnx.proto3` (IR version 8), as far as the writer needs them. */
export const MODEL = { irVersion: 1, producerName: 2, producerVersion: 3, graph: 7, opsetImport: 8, metadata: 14 };
export const OPSET = { version: 2 };
export const ENTRY = { key: 1, value: 2 };
export const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
export const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 };
export const ATTRIBUTE = { name: 1, i: 3, ints: 8, type: 20 };
export const ATTRIBUTE_TYPE = { int: 2, ints: 7 };
export const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 };
export const VALUE_INFO = { name: 1, type: 2 };
export const TYPE = { tensor: 1 };
export const TENSOR_TYPE = { elemType: 1, shape: 2 };
export const SHAPE = { dim: 1 };
export const DIMENSION = { value: 1, param: 2 };
export const DATA_TYPE = { float: 1, uint8: 2, int64: 7, bool: 9 };

export const IR_VERSION = 8;
export const OPSET_VERSION = 18;
