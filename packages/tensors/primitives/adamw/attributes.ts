export type AdamwAttributes = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** The gradient is scaled down to this global L2 norm. */
  readonly clipNorm: number;
};
