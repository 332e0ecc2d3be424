import { readdirSync } from 'node:fs';
import type { Case } from './case.ts';

/** All cases of the battery, where there are folders to read: those of each primitive, and of the operations. */
export const nodeCases = async (): Promise<Case[]> => {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((f) => f.isDirectory());
  const paths = [...folders.map(({ name }) => `./${name}/cases.ts`), '../operations/cases.ts'];
  const modules = await Promise.all(paths.map((path) => import(path) as Promise<{ cases: Case[] }>));
  return modules.flatMap((module) => module.cases);
};
