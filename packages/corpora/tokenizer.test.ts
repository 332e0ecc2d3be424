import { Tokenizer as PublicReader } from '@huggingface/tokenizers';
import { END_OF_TEXT } from '@pathfold/protocol/blob';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trainTokenizer } from './bpe.ts';
import { textBytes } from './document.ts';
import { starterDocuments } from './starter.ts';
import { readTokenizer } from './tokenizer.ts';

const documents = starterDocuments();
const json = trainTokenizer(
  documents.filter((_, index) => index % 4 === 0).map(({ text }) => text),
  1024,
);
const tokenizer = readTokenizer(json);
const publicReader = new PublicReader(JSON.parse(json), {});
const publicIds = (text: string): number[] => publicReader.encode(text, { add_special_tokens: false }).ids;

const AWKWARD = {
  nothing: '',
  'emoji, joined and with skin tones': 'a👩‍👩‍👧‍👦 👍🏽🏳️‍🌈 family',
  'NUL and control characters': 'a\0b\u0001\u007f\u0080\u009f',
  'a lone high surrogate': 'a\ud83d b',
  'a lone low surrogate': '\ude00\ude00x',
  'spaces of all kinds': ' \t\n\r\n\u00a0\u2028\u3000 x  y   \n\n z ',
  'a byte order mark': '\ufeffbegin',
  apostrophes: "it's they'll don't I'd we've 'S 'LL",
  numbers: '1234567 ٣٤٥ ⅷ ½ 3.14e-10',
  'scripts of the world': '漢字かな交じり文 한국어 العربية עברית हिन्दी ไทย Ελληνικά Русский ქართული አማርኛ',
  'combining marks': 'e\u0301 n\u0303 Z\u0351\u036b\u0343',
  'names of object properties': '__proto__ constructor toString hasOwnProperty',
};

describe('ids equal the public reader', () => {
  test('on every packaged document', () => {
    for (const { id, text } of documents) expect(tokenizer.encode(text).join(), id).toBe(publicIds(text).join());
  }, 120_000);

  test.each(Object.entries(AWKWARD))('on %s', (_, text) => {
    expect(tokenizer.encode(text)).toEqual(publicIds(text));
  });

  test('on any string, well-formed or not', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), lone()), (text) => {
        expect(tokenizer.encode(text)).toEqual(publicIds(text));
      }),
      { numRuns: 500 },
    );
  });

  test('with vocabularies from bytes to 8,192', () => {
    const some = documents.filter((_, index) => index % 40 === 0).map(({ text }) => text);
    for (const vocabulary of [257, 258, 8192]) {
      const other = trainTokenizer(
        documents.filter((_, index) => index % 4 === 0).map(({ text }) => text),
        vocabulary,
      );
      const ours = readTokenizer(other);
      const theirs = new PublicReader(JSON.parse(other), {});
      expect(ours.vocabularySize).toBe(vocabulary);
      for (const text of some)
        expect(ours.encode(text)).toEqual(theirs.encode(text, { add_special_tokens: false }).ids);
    }
  });
});

/** Strings with lone surrogates, which `fc.string` never makes. */
function lone() {
  return fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 })).map((codes) => String.fromCharCode(...codes));
}

const wellFormed = (text: string) =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));

describe('decoding', () => {
  test('gives the text back; a lone surrogate comes back as U+FFFD', () => {
    for (const text of Object.values(AWKWARD)) expect(tokenizer.decode(tokenizer.encode(text))).toBe(wellFormed(text));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), lone()), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(wellFormed(text));
      }),
    );
  });

  test('of a stream holds a character back until it is whole', () => {
    const bytes = readTokenizer(trainTokenizer([], 257));
    const stream = bytes.decodeStream();
    expect(bytes.encode('€!').map((id) => stream.push(id))).toEqual(['', '', '€', '!']);
    expect(stream.end()).toBe('');
    stream.push(bytes.encode('€')[0]!);
    expect(stream.end()).toBe('\ufffd');
  });

  test('refuses an id outside the vocabulary', () => {
    expect(() => tokenizer.decode([1024])).toThrow('1024');
  });
});

test('byteLengths add up to the bytes of the text, and END_OF_TEXT has none', () => {
  expect(tokenizer.byteLengths[END_OF_TEXT]).toBe(0);
  for (const { text } of documents.slice(0, 200)) {
    const sum = tokenizer.encode(text).reduce((total, id) => total + tokenizer.byteLengths[id]!, 0);
    expect(sum).toBe(textBytes(text));
  }
});

test('the name of the special token is plain text: no document can end another', () => {
  const ids = tokenizer.encode('a<|endoftext|>b');
  expect(ids).not.toContain(END_OF_TEXT);
  expect(tokenizer.decode(ids)).toBe('a<|endoftext|>b');
  expect(tokenizer.decode([END_OF_TEXT])).toBe('');
});

test('a pre-token of a megabyte is encoded in n log n', () => {
  const text = 'ab'.repeat(500_000);
  const ids = tokenizer.encode(text);
  expect(tokenizer.decode(ids) === text).toBe(true);
});

describe('a tokenizer.json of another kind is refused', () => {
  const changed = (change: (value: ReturnType<typeof JSON.parse>) => void) => {
    const value = JSON.parse(json);
    change(value);
    return () => readTokenizer(JSON.stringify(value));
  };
  test('another model', () => expect(changed((value) => (value.model.type = 'Unigram'))).toThrow());
  test('another pre-tokenizer', () => expect(changed((value) => (value.pre_tokenizer.type = 'Metaspace'))).toThrow());
  test('no END_OF_TEXT', () => expect(changed((value) => (value.added_tokens = []))).toThrow('endoftext'));
  test('a hole in the ids', () => expect(changed((value) => (value.model.vocab.Q = 1024))).toThrow());
  test('a merge of unknown tokens', () =>
    expect(changed((value) => value.model.merges.push(['\u0100', 'nope']))).toThrow('no id'));
});
