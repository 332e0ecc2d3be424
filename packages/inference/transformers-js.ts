import type { ExportNotes, WeightFormat } from '@pathfold/checkpoint/formats';
import { generationConfig, llamaConfig, tokenizerConfig } from '@pathfold/checkpoint/llama-names';
import { jsonFile, textFile, zipped } from '@pathfold/checkpoint/zip';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import { transformersOnnx } from './onnx/path-graph.ts';

const card = ({ runName, path, round, corpusName, licence }: ExportNotes, context: number): string => `# ${runName}

Path \`${path}\` of a Pathfold run after ${round} outer rounds: a Llama-style decoder that volunteers trained
together on the corpus "${corpusName}" (DiLoCo, arXiv 2311.08105). It continues text; it was not tuned to chat.

- \`onnx/model.onnx\` is float32 (\`dtype: 'fp32'\`), \`onnx/model_quantized.onnx\` has matrices in 8 bits (\`'q8'\`).
- Trained on ${context} positions, with \`<|endoftext|>\` before and after every document: the tokenizer puts it first.

\`\`\`js
import { env, pipeline } from '@huggingface/transformers';
env.localModelPath = 'FOLDER OF FOLDERS';
const generate = await pipeline('text-generation', 'NAME OF THIS FOLDER', { dtype: 'q8', local_files_only: true });
console.log(await generate('Once upon a time', { max_new_tokens: 40 }));
\`\`\`

## Licence

${licence}
`;

/** The tokenizer, which here puts END_OF_TEXT before a text by itself, as prompts and documents of a run have it. */
const beginning = (tokenizerJson: Uint8Array, token: string): Record<string, unknown> => {
  const special = { SpecialToken: { id: token, type_id: 0 } };
  const text = (id: string) => ({ Sequence: { id, type_id: 0 } });
  return {
    ...JSON.parse(new TextDecoder().decode(tokenizerJson)),
    post_processor: {
      type: 'TemplateProcessing',
      single: [special, text('A')],
      pair: [special, text('A'), special, text('B')],
      special_tokens: { [token]: { id: token, ids: [END_OF_TEXT], tokens: [token] } },
    },
  };
};

/** A folder that transformers.js loads for text generation, zipped. */
export const transformersJs: WeightFormat = {
  contentType: 'application/zip',
  write(weights, tokenizerJson, notes) {
    const { model } = weights;
    const { bos_token, ...tokenizer } = tokenizerConfig(model);
    const graph = (int8: boolean): [Uint8Array, { level: 0 }] => [transformersOnnx(weights, { int8 }), { level: 0 }];
    return zipped({
      'README.md': textFile(card(notes, model.context)),
      'config.json': jsonFile(llamaConfig(model)),
      'generation_config.json': jsonFile({ ...generationConfig, max_length: model.context }),
      'tokenizer.json': jsonFile(beginning(tokenizerJson, bos_token)),
      'tokenizer_config.json': jsonFile({ ...tokenizer, bos_token, pad_token: bos_token, add_bos_token: true }),
      'onnx/model.onnx': graph(false),
      'onnx/model_quantized.onnx': graph(true),
    });
  },
};
