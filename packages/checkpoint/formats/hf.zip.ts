import type { ExportNotes, WeightFormat } from '../formats.ts';
import { generationConfig, llamaConfig, tokenizerConfig } from '../llama-names.ts';
import { jsonFile, textFile, zipped } from '../zip.ts';
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

/** A folder in Hugging Face's Llama form, zipped. */
export default {
  contentType: 'application/zip',
  write(weights, tokenizerJson, notes) {
    const { model } = weights;
    return zipped({
      'README.md': textFile(readme(notes, model.context)),
      'config.json': jsonFile(llamaConfig(model)),
      'generation_config.json': jsonFile(generationConfig),
      'tokenizer.json': tokenizerJson,
      'tokenizer_config.json': jsonFile(tokenizerConfig(model)),
      // Float32 weights hardly shrink.
      'model.safetensors': [safetensors.write(weights, tokenizerJson, notes), { level: 0 }],
    });
  },
} satisfies WeightFormat;
