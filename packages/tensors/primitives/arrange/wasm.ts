import { kernel, type WasmCall, type WasmForm } from '../../executors/wasm/form.ts';
import { type Arrangement, loopsOf } from './attributes.ts';

/** The loops where kernels.as reads them: count and stride of each, two at least. Answers what both kernels take. */
const loopsAt = ({ attributes, constant }: WasmCall<Arrangement>) => {
  const { first, loops } = loopsOf(attributes);
  const filled = [...Array.from({ length: Math.max(0, 2 - loops.length) }, () => ({ count: 1, stride: 0 })), ...loops];
  const numbers = Int32Array.from(filled.flatMap(({ count, stride }) => [count, stride]));
  const table = constant(`loops ${numbers}`, () => new Float32Array(numbers.buffer));
  return { first, table, depth: filled.length };
};

export const arrangeWasm: WasmForm<Arrangement> = {
  bind(call) {
    const run = kernel(call.kernels, 'arrange');
    const [whole, view] = [call.inputs[0]!, call.outputs[0]!];
    const { first, table, depth } = loopsAt(call);
    return () => run(whole.at + 4 * first, view.at, table, depth);
  },
};

export const accumulateWasm: WasmForm<Arrangement> = {
  adds: 0,
  bind(call) {
    const [run, fill] = [kernel(call.kernels, 'accumulate'), kernel(call.kernels, 'fill')];
    const [view, whole] = [call.inputs[0]!, call.outputs[0]!];
    const { first, table, depth } = loopsAt(call);
    return (adding) => {
      if (!adding) fill(0, whole.at, whole.size);
      run(view.at, whole.at + 4 * first, table, depth);
    };
  },
};
