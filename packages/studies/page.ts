import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@pathfold/coordination/work-plan';
import { LEAST_SEEDS } from '@pathfold/protocol/study-spec';
import type { Claim, ClaimSpec } from './claims.ts';
import type { Plot } from './plots.ts';
import { fixed, markdownTable, spread, type Table } from './tables.ts';

const BEGIN = '<!-- results: written by the study -->';
const END = '<!-- end of results -->';
const DIGITS = 4;

export interface PageContent {
  readonly study: string;
  /** The command that makes it. */
  readonly command: string;
  readonly seeds: readonly number[];
  readonly config: Json;
  readonly claims: readonly Claim[];
  /** The claims, each in its place. */
  readonly specs: readonly ClaimSpec[];
  readonly tables: readonly Table[];
  readonly plots: readonly Plot[];
}

const WORDS = {
  held: 'held',
  not_held: '**not held**',
  undecided: '*undecided*',
  not_measured: 'not measured',
};

/** A seed may lack because it is not computed, or because it decides nothing (an arm that was not what its name says). */
const words = ({ measured: { n }, verdict }: Claim): string =>
  verdict === 'undecided' && n < LEAST_SEEDS
    ? `${WORDS.undecided} with ${n} ${n === 1 ? 'seed' : 'seeds'}`
    : WORDS[verdict];

const count = (claims: readonly Claim[], which: Claim['verdict']): number =>
  claims.filter(({ verdict }) => verdict === which).length;

function claimsTable({ claims, seeds, specs }: PageContent): Table {
  const named = specs.some(({ currency }) => currency);
  return {
    title: 'Claims',
    currency: `Compared seed by seed${named ? ', at equal steps, tokens or seconds as told' : ''}; ± is the standard deviation over ${seeds.length} seeds. Verdicts: ${count(claims, 'held')} held, ${count(claims, 'not_held')} not held, ${count(claims, 'undecided')} undecided, ${count(claims, 'not_measured')} not measured. A claim is undecided when the 95 % t interval over seeds crosses its bound, or with fewer than ${LEAST_SEEDS} seeds.`,
    head: ['id', 'claim', ...(named ? ['at equal'] : []), 'paper', 'bound', 'measured', ''],
    rows: claims.map((claim, at) => [
      claim.id,
      claim.claim,
      ...(named ? [specs[at]!.currency ?? ''] : []),
      specs[at]!.paper ?? '',
      `${claim.bound.op === '<=' ? '≤' : '≥'} ${fixed(claim.bound.value, DIGITS)}`,
      spread(claim.measured, DIGITS, seeds.length),
      words(claim),
    ]),
  };
}

/**
 * Writes the study's part of `README.md`, between two marks; what people wrote around it stays. Beside it the plots,
 * `config.json`, and `claims.json` for the gallery.
 */
export function writePage(folder: string, content: PageContent): void {
  const { study, command, seeds, config, tables, plots } = content;
  mkdirSync(folder, { recursive: true });
  const pictures = plots.map(({ name, title, svg }) => {
    writeFileSync(join(folder, `${name}.svg`), svg);
    return `![${title}](${name}.svg)`;
  });
  writeFileSync(join(folder, 'claims.json'), `${JSON.stringify(content.claims, null, 2)}\n`);
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  const where = existsSync(join(folder, 'results'))
    ? 'one file an arm and seed in [results](results/)'
    : 'no results yet';
  const made = `Made by \`${command}\`, seeds ${seeds.join(', ')}; configuration in [config.json](config.json), ${where}.`;
  const parts = [BEGIN, '', made, '', ...pictures.flatMap((picture) => [picture, ''])];
  for (const table of [claimsTable(content), ...tables]) parts.push(markdownTable(table), '');
  const path = join(folder, 'README.md');
  const old = existsSync(path) ? readFileSync(path, 'utf8') : `# Study: ${study}\n\n${BEGIN}\n${END}\n`;
  const [from, to] = [old.indexOf(BEGIN), old.indexOf(END)];
  if (from < 0 || to < from)
    throw new Error(`${path} has lost the marks that the study writes between: ${BEGIN} … ${END}`);
  writeFileSync(path, `${old.slice(0, from)}${parts.join('\n')}${old.slice(to)}`);
}
