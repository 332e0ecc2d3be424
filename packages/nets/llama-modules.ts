import { type ModuleShape, moduleShape, type TensorShape } from './modules.ts';

/** Shape of a Llama-style decoder. RMSNorm epsilon 1e-5, rotation base 10,000, no biases. */
export interface LlamaShape {
  readonly width: number;
  readonly blocks: number;
  readonly heads: number;
  readonly context: number;
  readonly vocabulary: number;
  readonly tied: boolean;
}

/** One level of a path: `blocks` consecutive blocks, in `experts` alternatives (DiPaCo section 2.1). */
export interface LevelShape {
  readonly experts: number;
  readonly blocks: number;
}

const DEVIATION = 0.05;

/** SwiGLU hidden width F: 8/3 of the model's, rounded up to a multiple of 8. */
export const hiddenWidth = (width: number): number => 8 * Math.ceil(width / 3);

const gain = (name: string, width: number): TensorShape => ({ name, shape: [width], mean: 1, deviation: 0 });
const weight = (name: string, rows: number, columns: number, deviation = DEVIATION): TensorShape => ({
  name,
  shape: [rows, columns],
  mean: 0,
  deviation,
});

/**
 * The canonical order of a block's tensors; every reader and writer of modules follows it. Matrices are stored
 * [in, out], row-major. `block` counts along the whole path. The products that end a residual branch begin smaller.
 *
 * - qkv [D, 3D]: queries, keys, values side by side, each `heads` stretches of D / heads columns.
 * - gateUp [D, 2F]: gate and up side by side.
 */
const blockTensors = ({ width, blocks }: LlamaShape, block: number): TensorShape[] => {
  const hidden = hiddenWidth(width);
  const ending = DEVIATION / Math.sqrt(2 * blocks);
  const name = (tensor: string) => `block${block}.${tensor}`;
  return [
    gain(name('attentionNorm'), width),
    weight(name('qkv'), width, 3 * width),
    weight(name('attentionOut'), width, width, ending),
    gain(name('mlpNorm'), width),
    weight(name('gateUp'), width, 2 * hidden),
    weight(name('down'), hidden, width, ending),
  ];
};

/** All modules of a run: embedding, the experts of each level in order, head. */
export const moduleTensors = (model: LlamaShape, levels: readonly LevelShape[]): ModuleShape[] => {
  let block = 0;
  const experts = levels.flatMap((level, index) => {
    const first = block;
    block += level.blocks;
    const tensors = Array.from({ length: level.blocks }, (_, i) => blockTensors(model, first + i)).flat();
    return Array.from({ length: level.experts }, (_, expert) => moduleShape(`level${index}.${expert}`, tensors));
  });
  if (block !== model.blocks) throw new Error(`the levels hold ${block} blocks, the model has ${model.blocks}`);
  const output = model.tied ? [] : [weight('output', model.width, model.vocabulary)];
  return [
    moduleShape('embedding', [weight('tokens', model.vocabulary, model.width)]),
    ...experts,
    moduleShape('head', [gain('finalNorm', model.width), ...output]),
  ];
};

/** The modules that one path crosses, in order. `path`: one expert a level, joined by `-`: `0`, `0-3`. */
export const pathModules = (model: LlamaShape, levels: readonly LevelShape[], path: string): ModuleShape[] => {
  const experts = path.split('-');
  if (experts.length !== levels.length)
    throw new Error(`path ${path} does not name one expert of ${levels.length} levels`);
  const names = ['embedding', ...experts.map((expert, level) => `level${level}.${expert}`), 'head'];
  const modules = moduleTensors(model, levels);
  return names.map((name) => {
    const found = modules.find((module) => module.name === name);
    if (!found) throw new Error(`path ${path} crosses ${name}, which does not exist`);
    return found;
  });
};
