import { test } from 'vitest';
import { playCases } from './q.fixture.ts';

test('1,000,000 cases of q from a seed of today', () => playCases(1 + (Date.now() % 2 ** 30), 1_000_000), 900_000);
