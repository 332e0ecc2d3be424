import { type Zippable, zipSync } from 'fflate';
import type { ExportNotes, WeightFormat } from '../formats.ts';
import { generationConfig, llamaConfig } from '../llama-names.ts';
import safetensors from './safetensors.ts';

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

/** A folder in Hugging Face's Llama form, zipped. */
export default {
  contentType: 'application/zip',
  write(weights, tokenizerJson, notes) {
    const { model } = weights;
    const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
    const files: Zippable = {
      'README.md': new TextEncoder().encode(readme(notes, model.context)),
      'config.json': json(llamaConfig(model)),
      'generation_config.json': json(generationConfig),
      'tokenizer.json': tokenizerJson,
      'tokenizer_config.json': json({
        tokenizer_class: 'PreTrainedTokenizerFast',
        bos_token: '<|endoftext|>',
        eos_token: '<|endoftext|>',
        model_max_length: model.context,
      }),
      // Float32 weights hardly shrink.
      'model.safetensors': [safetensors.write(weights, tokenizerJson, notes), { level: 0 }],
    };
    return zipSync(files, { mtime: ZIP_DATE });
  },
} satisfies WeightFormat;
