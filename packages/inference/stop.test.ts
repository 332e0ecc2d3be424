import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { StopScanner } from './stop.ts';

const scan = (pieces: string[], stops: string[]): { text: string; stopped: boolean } => {
  const scanner = new StopScanner(stops);
  let text = '';
  for (const piece of pieces) {
    const step = scanner.push(piece);
    text += step.text;
    if (step.stopped) return { text, stopped: true };
  }
  return { text: text + scanner.end(), stopped: false };
};

test('cuts at the stop sequence, also when it comes in pieces', () => {
  expect(scan(['one. ', 'two', '\n', '\nUs', 'er: three'], ['\n\nUser:'])).toEqual({ text: 'one. two', stopped: true });
  expect(scan(['aa', 'ab'], ['ab'])).toEqual({ text: 'aa', stopped: true });
  expect(scan(['almost \n\nUs'], ['\n\nUser:'])).toEqual({ text: 'almost \n\nUs', stopped: false });
  expect(scan(['free'], [''])).toEqual({ text: 'free', stopped: false });
});

test('however a text is cut, it is the text before the first stop sequence that comes complete', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
  fc.assert(
    fc.property(
      fc.array(letters),
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }),
      (pieces, stop) => {
        const all = pieces.join('');
        const at = all.indexOf(stop);
        expect(scan(pieces, [stop])).toEqual({ text: at < 0 ? all : all.slice(0, at), stopped: at >= 0 });
      },
    ),
  );
});
