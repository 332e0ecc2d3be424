/** Copies `count` floats. */
export function copy(from: usize, to: usize, count: i32): void {
  memory.copy(to, from, <usize>count << 2);
}
