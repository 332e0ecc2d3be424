import type { Json } from '@pathfold/coordination/work-plan';
import fc from 'fast-check';

/** A seed of its own for each run of a property, or that of a failure to be looked at: fast-check prints it. */
export const SEED = Number(process.env['PATHFOLD_FUZZ_SEED'] ?? 1);

/** Text that breaks readers: NUL, lone surrogates, escapes, paths, names of JavaScript's own, and what comes by chance. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\udfff\ud800',
    '\u2028',
    '🙂',
    'null',
    'NaN',
    '-1',
    '1e999',
    '0x10',
    '../../etc/passwd',
    '%',
    '%00',
    '..%2f..%2f',
    '__proto__',
    'constructor',
    'toString',
    "';drop table events;--",
    '<script>',
    '{"a":1}',
    'a'.repeat(80),
    'a'.repeat(81),
    'a'.repeat(5000),
    '9'.repeat(15),
    '9'.repeat(400),
  ),
  fc.string({ maxLength: 40, unit: 'binary' }),
);

const hostileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e308, -1e308, 5e-324),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

export const hostileJson: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    hostileText,
    hostileNumber,
    fc.constantFrom<Json>(null, true, false, [], {}),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(hostileText, tie('value'), { maxKeys: 4 }),
  ),
})).value;

type Change = {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'add';
  readonly name: string;
  readonly to: Json;
};
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat({ max: 1000 }),
  how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add'),
  name: hostileText,
  to: hostileJson,
});

type Holder = Record<string, Json>;
const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;
/** Under any name, `__proto__` too; on the way to JSON, `value` is a copy of its own. */
const put = (holder: Holder, name: string, value: Json): void =>
  void Object.defineProperty(holder, name, {
    value: structuredClone(value),
    configurable: true,
    enumerable: true,
    writable: true,
  });
const placesIn = (value: Json): { holder: Holder; key: string }[] =>
  isHolder(value)
    ? Object.keys(value).flatMap((key) => [{ holder: value, key }, ...placesIn((value as Holder)[key]!)])
    : [];

const applied = (valid: Json, changes: readonly Change[]): Json => {
  const root: Holder = { value: structuredClone(valid) };
  for (const { at, how, name, to } of changes) {
    const places = placesIn(root as Json);
    const { holder, key } = places[at % places.length]!;
    const inside = holder[key];
    if (how === 'add' && isHolder(inside)) put(inside, name, to);
    else if (how === 'remove' && holder !== root) delete holder[key];
    else put(holder, key, to);
  }
  return root['value']!;
};

/** A valid value with up to `most` things in it replaced, removed or added. */
export const damaged = (valid: Json, most = 3): fc.Arbitrary<Json> =>
  fc.array(change, { maxLength: most }).map((changes) => applied(valid, changes));

/** Bytes with some of them changed, cut off or added at the end. */
export const damagedBytes = (valid: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      pokes: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 8 }),
      end: fc.oneof(fc.constant(null), fc.nat({ max: valid.length })),
      more: fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 16 })),
    })
    .map(({ pokes, end, more }) => {
      const bytes = new Uint8Array([...valid.subarray(0, end ?? valid.length), ...more]);
      for (const [at, value] of pokes) if (bytes.length > 0) bytes[at % bytes.length] = value;
      return bytes;
    });
