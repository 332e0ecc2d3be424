import type { Kernel } from './form.ts';

/** A kernel as WGSL, and what it binds: binding 0 is a uniform, then come the buffers. */
export interface Shader {
  readonly code: string;
  readonly bindings: readonly { readonly buffer: number; readonly written: boolean }[];
  /** The content of the uniform: first elements of the operands, then the kernel's numbers. */
  readonly numbers: readonly number[];
  readonly grid: readonly [number, number];
}

/**
 * Writes the shader of one dispatch: the workgroups of its kernels follow one another. Operands that lie in one buffer
 * share its binding, so that any of them may be written; where they lie in it is data, so that calls of equal shapes
 * share a pipeline. More workgroups than one side of a grid takes (`mostGroups`) make a grid of two sides.
 */
export const shaderOf = (kernels: readonly Kernel[], mostGroups: number): Shader => {
  const parts = kernels.map(distinct);
  const operands = parts.flatMap(({ operands }) => operands);
  const buffers = [...new Set(operands.map(({ place }) => place.buffer))];
  const bindings = buffers.map((buffer) => ({
    buffer,
    written: operands.some(({ place, written }) => written && place.buffer === buffer),
  }));
  const typeOf = (buffer: number) => operands.find(({ place }) => place.buffer === buffer)!.place.dtype;
  const endOf = (k: number): number => kernels.slice(0, k + 1).reduce((sum, kernel) => sum + kernel.groups, 0);
  const groups = endOf(kernels.length - 1);
  const grid: [number, number] = groups <= mostGroups ? [groups, 1] : [mostGroups, Math.ceil(groups / mostGroups)];

  const numbers: [string, number][] = [
    ...operands.map(({ name, place }): [string, number] => [`${name}_at`, place.at]),
    ...parts.flatMap(({ numbers }) => numbers),
    ...kernels.map((_, k): [string, number] => [`end_${k}`, endOf(k)]),
  ];
  const code = `struct Numbers { ${numbers.map(([name]) => `${name}: u32`).join(', ')} }
@group(0) @binding(0) var<uniform> numbers: Numbers;
${bindings
  .map(
    ({ buffer, written }, i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${written ? 'read_write' : 'read'}> buffer${i}: array<${typeOf(buffer)}>;`,
  )
  .join('\n')}
${operands
  .map(({ name, place, written }) => {
    const [element, type] = [`buffer${buffers.indexOf(place.buffer)}[numbers.${name}_at + i]`, place.dtype];
    const set = written ? `\nfn set_${name}(i: u32, value: ${type}) { ${element} = value; }` : '';
    return `fn ${name}(i: u32) -> ${type} { return ${element}; }${set}`;
  })
  .join('\n')}
${parts.map(({ code }) => code).join('\n')}
@compute @workgroup_size(${kernels[0]!.lanes})
fn main(@builtin(workgroup_id) place: vec3u, @builtin(local_invocation_index) lane: u32) {
  let group = ${grid[1] === 1 ? '' : `place.y * ${grid[0]}u + `}place.x;
  ${parts.map((_, k) => `if (group < numbers.end_${k}) { kernel_${k}(group${k > 0 ? ` - numbers.end_${k - 1}` : ''}, lane); }`).join('\n  else ')}
}`;
  return { code, bindings, numbers: numbers.map(([, value]) => value), grid };
};

/** A kernel as a function, with names that no other of its dispatch has. */
const distinct = ({ reads, writes, numbers = {}, declarations = '', body }: Kernel, k: number) => {
  const mine = (name: string): string => (k === 0 ? name : `${name}_${k}`);
  const renamed = (text: string, found: string, by: string): string =>
    k === 0 ? text : text.replace(new RegExp(found, 'g'), by);
  const names = [...Object.keys(reads), ...Object.keys(writes)];
  const declared = [...declarations.matchAll(/(?:fn|const|var<workgroup>) (\w+)/g)].map(([, name]) => name!);
  let code = `${declarations}\nfn kernel_${k}(group: u32, lane: u32) {${body}\n}`;
  for (const name of names) code = renamed(code, `\\b(set_)?${name}\\(`, `$1${mine(name)}(`);
  for (const name of Object.keys(numbers)) code = renamed(code, `\\bnumbers\\.${name}\\b`, `numbers.${mine(name)}`);
  for (const name of declared) code = renamed(code, `\\b${name}\\b`, mine(name));
  return {
    code,
    operands: names.map((name) => ({
      name: mine(name),
      place: (writes[name] ?? reads[name])!,
      written: name in writes,
    })),
    numbers: Object.entries(numbers).map(([name, value]): [string, number] => [mine(name), value]),
  };
};
