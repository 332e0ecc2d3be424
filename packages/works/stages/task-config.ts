import * as z from 'zod/mini';

/** Fields of a study's configuration: within bounds, with what is taken where nothing is told. */
export const whole = (least: number, most: number, standard: number) =>
  z._default(z.int().check(z.minimum(least), z.maximum(most)), standard);
export const real = (least: number, most: number, standard: number) =>
  z._default(z.number().check(z.minimum(least), z.maximum(most)), standard);
export const armName = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,30}$/));
export const armsOf = <A extends z.core.SomeType>(arm: A) => z.array(arm).check(z.minLength(1), z.maxLength(12));

export const seeds = whole(1, 32, 1);
/** One of so many contributions of one volunteer is computed again. */
export const auditEvery = whole(1, 1000, 8);
