import { type Spread, spreadOf } from './claims.ts';

/** A table for the study's page. */
export interface Table {
  readonly title: string;
  /** Settings of all rows, and the currency of their costs: steps, tokens, seconds. */
  readonly currency: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A number with so many digits after the point; a real minus sign. */
export const fixed = (value: number, digits: number): string => value.toFixed(digits).replace(/^-/, '−');

/** `mean ± std (n)`, the number of seeds only where it is not `seeds`; a dash for nothing. */
export function spread({ mean, std, n }: Spread, digits: number, seeds: number): string {
  if (mean === null) return '–';
  const deviation = std === null ? '' : ` ± ${fixed(std, digits)}`;
  return `${fixed(mean, digits)}${deviation}${n === seeds ? '' : ` (${n} of ${seeds} seeds)`}`;
}

/** The same of raw values, one a seed. */
export const spreadText = (values: readonly number[], digits: number): string =>
  spread(spreadOf(values), digits, values.length);

const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

export const markdownTable = ({ title, currency, head, rows }: Table): string =>
  [`### ${title}`, '', currency, '', row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
