import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = readdirSync(join(root, 'docs')).filter((file) => file.endsWith('.md'));
const pages = ['README.md', 'CONTRIBUTING.md', ...docs.map((file) => join('docs', file))];

const MOST_WORDS = 40;
/** Three lines of 120 characters. */
const MOST_OF_A_BULLET = 360;

interface Passage {
  readonly at: string;
  readonly text: string;
  readonly bullet: boolean;
}

test('no sentence of a page opens with Who, What or Of as its subject', () => {
  expect(sentences((sentence) => /^(\*\*)?(Who|What|Of)\b/.test(sentence) && !sentence.endsWith('?'))).toEqual([]);
});

test(`no sentence of a page has more than ${MOST_WORDS} words`, () => {
  expect(sentences((sentence) => words(sentence) > MOST_WORDS)).toEqual([]);
});

test('no bullet of a page is longer than three lines', () => {
  const long = passages().filter(({ bullet, text }) => bullet && withoutTargets(text).length > MOST_OF_A_BULLET);
  expect(long.map(({ at, text }) => `${at}: ${text}`)).toEqual([]);
});

test('no comment opens with Who, What or Of as its subject', () => {
  const found = ['apps', 'packages', 'server', 'e2e'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(tsx?|mjs|as|c)$/.test(file) && !file.includes('node_modules'))
      .flatMap((file) =>
        readFileSync(join(root, room, file), 'utf8')
          .split('\n')
          .flatMap((line, i) => (OPENING.test(line) ? [`${join(room, file)}:${i + 1}: ${line.trim()}`] : [])),
      ),
  );
  expect(found).toEqual([]);
});

/** Where a comment begins, and not the second line of a sentence. */
const OPENING = /(\/\*\*|^\s*\/\/) (Who|What|Of)\b/;

const sentences = (strange: (sentence: string) => boolean): string[] =>
  passages().flatMap(({ at, text }) =>
    text
      .split(/(?<=[.!?:])\s+/)
      .filter(strange)
      .map((sentence) => `${at}: ${sentence}`),
  );

/** Every paragraph, bullet and cell of the pages, which stand in one line each; no code, no heading. */
const passages = (): Passage[] =>
  pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8').replace(/```[\s\S]*?```/g, (code) =>
      code.replace(/[^\n]/g, ''),
    );
    return text.split('\n').flatMap((line, i) => {
      if (line.startsWith('#')) return [];
      const at = `${page}:${i + 1}`;
      if (line.startsWith('|')) return line.split('|').map((cell) => ({ at, text: cell.trim(), bullet: false }));
      const [mark] = /^\s*(- |\d+\. )(\*\*[A-Z]\d+a?\*\* )?/.exec(line) ?? [''];
      return [{ at, text: line.slice(mark.length), bullet: mark !== '' }];
    });
  });

/** As a reader sees it: a link is its words. */
const withoutTargets = (text: string): string => text.replace(/\]\([^)]*\)/g, ']');
/** A code span is one word. */
const words = (sentence: string): number =>
  withoutTargets(sentence)
    .replace(/`[^`]*`/g, 'code')
    .split(/\s+/).length;
