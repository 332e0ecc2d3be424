import { each, type Kernel, type WgslForm } from '../../executors/webgpu/form.ts';

/** Copies the parts that were not made in their place. */
export const packWgsl: WgslForm = {
  joins: true,
  kernels({ inputs, outputs: [y] }) {
    let end = 0;
    return inputs.flatMap((part): Kernel[] => {
      const first = end;
      end += part.size;
      if (part.buffer === y!.buffer && part.at === y!.at + first) return [];
      const to = { ...part, buffer: y!.buffer, at: y!.at + first };
      return [each(part.size, { reads: { part }, writes: { to } }, 'set_to(i, part(i));')];
    });
  },
};
