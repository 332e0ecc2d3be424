import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the primitive that docs/ARCHITECTURE.md shows is the one that is there', () => {
  const [, shown] = /### A primitive:[\s\S]*?```ts\n([\s\S]*?)```/.exec(read('../../../docs/ARCHITECTURE.md'))!;
  expect(shown).toContain("name: 'maximum'");
  expect(read('maximum/maximum.ts').endsWith(shown!)).toBe(true);
});
