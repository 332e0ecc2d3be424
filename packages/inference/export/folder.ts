import { type Zippable, zipSync } from 'fflate';
import type { PathWeights } from '../path-weights.ts';
import { generationConfig, llamaConfig, llamaTensors } from './hugging-face.ts';
import { writeSafetensors } from './safetensors.ts';

/** What a reader of an export should know beside the weights. */
export interface ExportNotes {
  runName: string;
  path: string;
  round: number;
  corpusName: string;
  licence: string;
}

/** The weights as one safetensors file under Hugging Face's names. */
export const pathSafetensors = (weights: PathWeights, notes: ExportNotes): Uint8Array<ArrayBuffer> =>
  writeSafetensors(llamaTensors(weights), {
    format: 'pt',
    run: notes.runName,
    path: notes.path,
    round: String(notes.round),
  });

const readme = ({ runName, path, round, corpusName, licence }: ExportNotes, context: number): string => `# ${runName}

Path \`${path}\` of a Pathfold run after ${round} outer rounds: a Llama-style decoder that volunteers trained
together on the corpus "${corpusName}" (DiLoCo, arXiv 2311.08105). It continues text; it was not tuned to chat.

- \`model.safetensors\`, \`config.json\`: \`LlamaForCausalLM\`, float32, ${context} positions.
- \`tokenizer.json\`: byte-level BPE. Token 0, \`<|endoftext|>\`, stands before and after every document:
  begin a prompt with it.

## Licence

${licence}
`;

/** Fixed, so that equal weights make equal bytes. Zip dates begin here. */
const ZIP_DATE = new Date(1980, 0, 1);

/** A folder in Hugging Face's Llama form, zipped: equal input gives equal bytes. */
export const pathFolder = (weights: PathWeights, tokenizerJson: Uint8Array, notes: ExportNotes): Uint8Array => {
  const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  const files: Zippable = {
    'README.md': new TextEncoder().encode(readme(notes, weights.context)),
    'config.json': json(llamaConfig(weights)),
    'generation_config.json': json(generationConfig),
    'tokenizer.json': tokenizerJson,
    'tokenizer_config.json': json({
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: '<|endoftext|>',
      eos_token: '<|endoftext|>',
      model_max_length: weights.context,
    }),
    // Float32 weights hardly shrink.
    'model.safetensors': [pathSafetensors(weights, notes), { level: 0 }],
  };
  return zipSync(files, { mtime: ZIP_DATE });
};
