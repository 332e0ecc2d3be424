import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openStudyExecutor } from './executor.ts';
import { ProbeBits } from './probes.ts';
import type { RunPorts } from './run-ports.ts';
import type { Arm, Study } from './study.ts';

const textOf = (file: string): string => readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8');

/** The meaning of a file: its code without types, comments and spacing, and without its imports, which only say where something lives. */
export async function codeOf(text: string): Promise<string> {
  const { default: ts } = await import('typescript');
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, removeComments: true },
  });
  const file = ts.createSourceFile('', outputText, ts.ScriptTarget.ESNext);
  const isImport = ts.isImportDeclaration;
  return file.statements.flatMap((statement) => (isImport(statement) ? [] : [statement.getText(file)])).join('\n');
}

/** A hash of the texts of a study's sources. */
export function sourcesOf(study: Study): string {
  const hash = createHash('sha256');
  for (const file of study.sources) hash.update(textOf(file));
  return hash.digest('hex');
}

/** The code of a study's sources, by file. */
export const codesOf = async ({ sources }: Study): Promise<Record<string, string>> =>
  Object.fromEntries(await Promise.all(sources.map(async (file) => [file, await codeOf(textOf(file))] as const)));

/** Two parts of a key, as hashes. */
export interface Bits {
  /** All that an arm computes with: the code of its study's sources, wherever they lie, and the bits of its probes. */
  readonly arithmetic: string;
  /** The same of what it shares with other arms. */
  readonly shared: string;
}

/** What the arms of a study are computed with. Each probe is run once, and only when an arm is asked for that has it. */
export class Arithmetic {
  readonly #study: Study;
  readonly #probes: ProbeBits;
  #code: Promise<string> | null = null;

  constructor(study: Study, openExecutor: RunPorts['openExecutor'] = openStudyExecutor) {
    this.#study = study;
    this.#probes = new ProbeBits(openExecutor);
  }

  async of(arm: Arm): Promise<Bits> {
    this.#code ??= codesOf(this.#study).then((codes) => Object.values(codes).sort().join('\n'));
    const code = await this.#code;
    const { shared, own } = this.#study.probes(arm);
    const bitsOf = async (...probes: typeof own) =>
      createHash('sha256')
        .update(code)
        .update(await this.#probes.of(probes))
        .digest('hex');
    return { shared: await bitsOf(...shared), arithmetic: await bitsOf(...shared, ...own) };
  }
}
