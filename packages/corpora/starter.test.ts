import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { domainsOf } from './prepare.ts';
import { starterDocuments } from './starter.ts';

const documents = starterDocuments();

test('the starter corpus is the same everywhere', () => {
  const hash = createHash('sha256');
  for (const { id, domain, text } of documents) hash.update(`${JSON.stringify([id, domain, text])}\n`);
  expect(hash.digest('hex')).toBe('839ce0ab85b9c223e758e9439d2f69f66e71d68fbb47556b89fea955dabfc586');
});

test('twelve domains, none of which drowns the others', () => {
  const domains = domainsOf(documents);
  expect(domains.map(({ name }) => name)).toHaveLength(12);
  for (const { textBytes } of domains) {
    expect(textBytes).toBeGreaterThan(200_000);
    expect(textBytes).toBeLessThan(450_000);
  }
});

test('documents are of a size, distinct, and clean', () => {
  expect(new Set(documents.map(({ id }) => id)).size).toBe(documents.length);
  for (const { id, text } of documents) {
    expect(Buffer.byteLength(text), id).toBeGreaterThan(800);
    expect(Buffer.byteLength(text), id).toBeLessThan(7_000);
    expect(text, id).not.toMatch(/\ufffd|&[a-z]+;|<\/?[a-z]+>/);
  }
});
