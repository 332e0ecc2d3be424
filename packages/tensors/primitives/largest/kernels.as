import { largest } from '../cross-entropy/kernels';

/** y [rows] = the largest of each row of x [rows, width]. */
export function largestOfRows(x: usize, y: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; row++) store<f32>(y + (row << 2), largest(x + ((row * width) << 2), width));
}
