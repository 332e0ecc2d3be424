import { each, type WgslForm } from '../../executors/webgpu/form.ts';
import type { RopeAttributes } from './attributes.ts';
import { ropeTables } from './tables.ts';

/** One invocation turns a pair of columns, or passes a column on. */
export const ropeWgsl: WgslForm<RopeAttributes> = {
  inPlace: [0],
  kernels({ inputs: [x], outputs: [y], attributes, constant }) {
    const { context, headWidth, heads, base, inverse } = attributes;
    const [rows, width] = x!.shape as [number, number];
    const half = headWidth / 2;
    const pairs = heads * half;
    const units = pairs + width - 2 * pairs;
    const key = `rope ${context} ${headWidth} ${base}`;
    const cos = constant(`${key} cos`, () => ropeTables(attributes).cos);
    const sin = constant(`${key} sin`, () => ropeTables(attributes).sin);
    const body = `
  let row = i / ${units}u;
  let unit = i % ${units}u;
  if (unit >= ${pairs}u) {
    let at = row * ${width}u + ${pairs}u + unit;
    set_y(at, x(at));
    return;
  }
  let turn = (row % ${context}u) * ${half}u + unit % ${half}u;
  let at = row * ${width}u + (unit / ${half}u) * ${headWidth}u + unit % ${half}u;
  let a = x(at);
  let b = x(at + ${half}u);
  let s = ${inverse ? '-' : ''}sin_of(turn);
  set_y(at, a * cos_of(turn) - b * s);
  set_y(at + ${half}u, b * cos_of(turn) + a * s);`;
    return [each(rows * units, { reads: { x: x!, cos_of: cos, sin_of: sin }, writes: { y: y! } }, body)];
  },
};
