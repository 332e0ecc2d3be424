// Where a program's own memory may begin.
export function firstFreeByte(): usize {
  return (__heap_base + 15) & ~15;
}
