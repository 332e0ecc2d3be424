import { expect, test } from 'vitest';
import { crewOf } from './crew-form.ts';

test('an estimate is asked for the crew as typed; no number of volunteers means all that have work', () => {
  expect(crewOf('2000', '')).toEqual({ crew: { tokensPerSecond: 2000 }, errors: {} });
  expect(crewOf(' 1.5e3', ' 3 ')).toEqual({ crew: { tokensPerSecond: 1500, volunteers: 3 }, errors: {} });
});

test.each(['', ' ', '0', '-1', 'fast', '1e12'])(
  'no estimate is asked for the speed %j, and its field says so',
  (speed) => {
    expect(crewOf(speed, '')).toEqual({ crew: null, errors: { speed: 'A number above 0.' } });
  },
);

test.each(['0', '-2', '1.5', 'many', '1e9'])(
  'no estimate is asked for %j volunteers, and their field says so',
  (count) => {
    expect(crewOf('2000', count)).toEqual({
      crew: null,
      errors: { volunteers: 'A whole number of at least 1, or nothing.' },
    });
  },
);
