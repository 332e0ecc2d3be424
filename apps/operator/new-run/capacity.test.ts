import { expect, test } from 'vitest';
import { capacityOf } from './capacity.ts';

test('an estimate is asked for the capacity as typed; no number of volunteers means all that have work', () => {
  expect(capacityOf('2000', '')).toEqual({ capacity: { tokensPerSecond: 2000 }, errors: {} });
  expect(capacityOf(' 1.5e3', ' 3 ')).toEqual({ capacity: { tokensPerSecond: 1500, volunteers: 3 }, errors: {} });
});

test.each(['', ' ', '0', '-1', 'fast', '1e12'])(
  'no estimate is asked for the speed %j, and its field says so',
  (speed) => {
    expect(capacityOf(speed, '')).toEqual({ capacity: null, errors: { speed: 'A number above 0.' } });
  },
);

test.each(['0', '-2', '1.5', 'many', '1e9'])(
  'no estimate is asked for %j volunteers, and their field says so',
  (count) => {
    expect(capacityOf('2000', count)).toEqual({
      capacity: null,
      errors: { volunteers: 'A whole number of at least 1, or nothing.' },
    });
  },
);
