import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';

const int64 = (rows: readonly (readonly number[])[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

/** Each token's position among those that are attended, as transformers.js counts it (`create_position_ids`); 1 at padding. */
const positionsOf = (mask: readonly number[]): number[] => {
  let before = 0;
  return mask.map((attended) => (attended ? before++ : 1));
};

/** A graph of `transformersOnnx` fed as transformers.js feeds it: padding before shorter sequences, empty caches at first. */
export const openAsTransformers = async (onnx: Uint8Array) => {
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(onnx, { executionProviders: ['wasm'] });
  const pasts = session.inputMetadata.filter(({ name }) => name.startsWith('past_key_values.'));
  const start = (batch: number) =>
    Object.fromEntries(
      pasts.map((input) => {
        if (!input.isTensor) throw new Error(`${input.name} is not a tensor`);
        const shape = input.shape.map((size) => (typeof size === 'number' ? size : size === 'batch_size' ? batch : 0));
        return [input.name, new Tensor('float32', new Float32Array(0), shape)];
      }),
    );
  const step = async (ids: readonly (readonly number[])[], masks: readonly (readonly number[])[], past: object) => {
    const outputs = await session.run({
      input_ids: int64(ids),
      attention_mask: int64(masks),
      position_ids: int64(masks.map((mask) => positionsOf(mask).slice(-ids[0]!.length))),
      ...past,
    });
    const { dims, data } = outputs['logits']!;
    const [, count, vocabulary] = dims as [number, number, number];
    const next = Object.fromEntries(
      pasts.map(({ name }) => [name, outputs[name.replace('past_key_values', 'present')]!]),
    );
    return {
      /** At a row and a new position. */
      logits: (row: number, at: number) =>
        (data as Float32Array).subarray((row * count + at) * vocabulary, (row * count + at + 1) * vocabulary),
      past: next,
    };
  };
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    /** The logits of each position of one sequence, [T][V], computed at once. */
    async logits(ids: readonly number[]): Promise<Float32Array[]> {
      const { logits } = await step([ids], [ids.map(() => 1)], start(1));
      return ids.map((_, at) => logits(0, at).slice());
    },
    /** The likeliest next tokens, `count` of each prompt, all prompts at once. */
    async greedy(prompts: readonly (readonly number[])[], count: number): Promise<number[][]> {
      const longest = Math.max(...prompts.map(({ length }) => length));
      const pad = (row: readonly number[], with_: number) => [...new Array(longest - row.length).fill(with_), ...row];
      let ids = prompts.map((prompt) => pad(prompt, 0));
      let masks = prompts.map((prompt) =>
        pad(
          prompt.map(() => 1),
          0,
        ),
      );
      let past: object = start(prompts.length);
      const said = prompts.map((): number[] => []);
      for (let i = 0; i < count; i++) {
        const { logits, past: next } = await step(ids, masks, past);
        const chosen = said.map((_, row) => {
          const its = logits(row, ids[0]!.length - 1);
          return its.indexOf(Math.max(...its));
        });
        for (const [row, id] of chosen.entries()) said[row]!.push(id);
        ids = chosen.map((id) => [id]);
        masks = masks.map((mask) => [...mask, 1]);
        past = next;
      }
      return said;
    },
    release: () => session.release(),
  };
};
