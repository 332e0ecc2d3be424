import type { Kernel, Place } from './form.ts';

/** A kernel as WGSL, and what it binds: binding 0 is a uniform, then come the buffers. */
export interface Shader {
  readonly code: string;
  readonly bindings: readonly { readonly buffer: number; readonly written: boolean }[];
  /** What the uniform holds: first elements of the operands, then the kernel's numbers. */
  readonly numbers: readonly number[];
  readonly grid: readonly [number, number];
}

/**
 * Writes the shader of a kernel. Operands that lie in one buffer share its binding, so that any of them may be written;
 * where they lie in it is data, so that calls of equal shapes share a pipeline. More workgroups than one side of a
 * grid takes (`mostGroups`) make a grid of two sides.
 */
export const shaderOf = (kernel: Kernel, mostGroups: number): Shader => {
  const { reads, writes, numbers = {}, groups, lanes, declarations = '', body } = kernel;
  const operands: [string, Place][] = Object.entries({ ...reads, ...writes });
  const buffers = [...new Set(operands.map(([, { buffer }]) => buffer))];
  const bindings = buffers.map((buffer) => ({
    buffer,
    written: Object.values(writes).some((place) => place.buffer === buffer),
  }));
  const typeOf = (buffer: number) => operands.find(([, place]) => place.buffer === buffer)![1].dtype;
  const grid: [number, number] = groups <= mostGroups ? [groups, 1] : [mostGroups, Math.ceil(groups / mostGroups)];

  const code = `struct Numbers { ${[...operands.map(([name]) => `${name}_at`), ...Object.keys(numbers)].map((name) => `${name}: u32`).join(', ')} }
@group(0) @binding(0) var<uniform> numbers: Numbers;
${bindings
  .map(
    ({ buffer, written }, i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${written ? 'read_write' : 'read'}> buffer${i}: array<${typeOf(buffer)}>;`,
  )
  .join('\n')}
${operands
  .map(([name, place]) => {
    const [element, type] = [`buffer${buffers.indexOf(place.buffer)}[numbers.${name}_at + i]`, place.dtype];
    const set = name in writes ? `\nfn set_${name}(i: u32, value: ${type}) { ${element} = value; }` : '';
    return `fn ${name}(i: u32) -> ${type} { return ${element}; }${set}`;
  })
  .join('\n')}
${declarations}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) place: vec3u, @builtin(local_invocation_index) lane: u32) {
  ${grid[1] === 1 ? 'let group = place.x;' : `let group = place.y * ${grid[0]}u + place.x;\n  if (group >= ${groups}u) { return; }`}
  ${body}
}`;
  return { code, bindings, numbers: [...operands.map(([, { at }]) => at), ...Object.values(numbers)], grid };
};
