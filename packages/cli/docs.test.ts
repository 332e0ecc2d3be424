import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const below = (folder: string) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
const pages = ['README.md', 'CONTRIBUTING.md', ...below('docs').map((path) => join('docs', path))].filter((path) =>
  path.endsWith('.md'),
);
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

test('no page holds two versions of itself that a merge has left', () => {
  expect(pages.filter((path) => /^(<{7}|={7}|>{7}|(> ){6})/m.test(textOf(path)))).toEqual([]);
});

test('every link to a file of the repository leads somewhere', () => {
  const broken = pages.flatMap((path) =>
    [...textOf(path).matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)]
      .map(([, target]) => target!)
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every file that ARCHITECTURE names as a proof is there', () => {
  const proofs = textOf('docs/ARCHITECTURE.md').split('\n## Tests\n')[1]!;
  const named = [...proofs.matchAll(/`((?:packages|server|apps|e2e)\/[^`*]+)`/g)].map(([, path]) => path!);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every numbered rule of PROTOCOL is proven by a test whose name holds the number', () => {
  const rules = [...textOf('docs/PROTOCOL.md').matchAll(/^- \*\*([A-Z]\d+a?)\*\*/gm)].map(([, rule]) => rule!);
  const tests = ['packages', 'server', 'apps', 'e2e']
    .flatMap((folder) => below(folder).map((path) => join(folder, path)))
    .filter((path) => /\.(test|spec|long)\.tsx?$/.test(path) && !path.includes('node_modules'));
  const names = tests.flatMap((path) =>
    [...textOf(path).matchAll(/(?:\b(?:test|describe)[.\w]*|[\])])\(\s*(['"`])(.*?)\1/gs)].map(([, , name]) => name!),
  );
  expect(rules.length).toBeGreaterThan(50);
  expect(rules.filter((rule) => !names.some((name) => new RegExp(`\\b${rule}\\b`).test(name)))).toEqual([]);
});
