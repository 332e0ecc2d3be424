/** GiB of a machine whose browser does not tell. */
const UNTOLD = 4;

/** Bytes that a page may use for training: half of the machine's memory, which browsers tell roughly. */
export const browserMemory = (): number =>
  (((navigator as { deviceMemory?: number }).deviceMemory ?? UNTOLD) / 2) * 2 ** 30;
