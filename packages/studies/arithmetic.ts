import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Study } from './study.ts';

const packages = fileURLToPath(new URL('..', import.meta.url));

const isCode = (name: string): boolean => name.endsWith('.ts') && !name.endsWith('.test.ts');

function filesOf(path: string): string[] {
  if (!statSync(join(packages, path)).isDirectory()) return [path];
  return (readdirSync(join(packages, path), { recursive: true }) as string[])
    .filter(isCode)
    .map((name) => `${path}/${name.split(sep).join('/')}`)
    .sort();
}

/** What a file does: its code without types, comments and spacing. */
export async function codeOf(text: string): Promise<string> {
  const { default: ts } = await import('typescript');
  return ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, removeComments: true },
  }).outputText;
}

/** A hash of the texts of a study's sources. */
export function sourcesOf(study: Study): string {
  const hash = createHash('sha256');
  for (const path of study.sources.flatMap(filesOf)) hash.update(readFileSync(join(packages, path)));
  return hash.digest('hex');
}

/**
 * A hash of what a study computes with: the code of its sources, and its probe. The probe stands for the hundreds of
 * files of the engine and of the minds: they may change as long as the same bits come out.
 */
export async function arithmeticOf(study: Study): Promise<string> {
  const hash = createHash('sha256');
  for (const path of study.sources.flatMap(filesOf))
    hash.update(`${path}\n${await codeOf(readFileSync(join(packages, path), 'utf8'))}`);
  return hash.update(await study.probe()).digest('hex');
}
