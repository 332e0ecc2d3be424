/**
 * Elementary functions from +, -, *, / and exact operations alone. Engines may differ in the last bits of Math.exp,
 * Math.log and Math.cos; what must be equal everywhere (initial weights, rotation tables) uses these. Errors are a few
 * units in the last place of a double over the ranges used here.
 */
/** Natural logarithm of a positive normal number. */
export const ln = (x: number): number => {
  let exponent = 0;
  let mantissa = x;
  while (mantissa > 1.5) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < 0.75) {
    mantissa *= 2;
    exponent--;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  let term = z;
  let sum = 0;
  for (let k = 1; k < 40; k += 2) {
    sum += term / k;
    term *= z * z;
  }
  return 2 * sum + exponent * Math.LN2;
};

/** e to the x, for results in the range of normal doubles. */
export const exp = (x: number): number => {
  const whole = Math.round(x / Math.LN2);
  const rest = x - whole * Math.LN2;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 20; k++) {
    term *= rest / k;
    sum += term;
  }
  return sum * 2 ** whole;
};

/** Sine and cosine of a moderate angle (below a million turns), by its distance from a multiple of a quarter turn. */
export const sinCos = (angle: number): { sin: number; cos: number } => {
  const quarter = Math.round(angle / (Math.PI / 2));
  // pi/2 as the sum of a double with a short mantissa and the rest, so that quarter * high is exact
  const high = 1.5707963267341256;
  const low = 6.077100506506192e-11;
  const x = angle - quarter * high - quarter * low;
  let [sin, cos] = [0, 0];
  let term = 1;
  for (let k = 0; k < 20; k += 2) {
    cos += term;
    term *= x / (k + 1);
    sin += term;
    term *= -x / (k + 2);
  }
  const turn = ((quarter % 4) + 4) % 4;
  if (turn === 0) return { sin, cos };
  if (turn === 1) return { sin: cos, cos: -sin };
  if (turn === 2) return { sin: -sin, cos: -cos };
  return { sin: -cos, cos: sin };
};
