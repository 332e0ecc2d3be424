/** Facts of a delta beside its values. */
export interface DeltaMeta {
  /**
   * Part of a whole outer step that the delta stands for, over 0 up to 1; the delta is already scaled by it. A round's
   * mean stands for 1, one of N equal asynchronous arrivals for 1/N.
   */
  readonly share: number;
}

/**
 * Outer optimizer over one module's flat parameters. `theta` and the state are updated in
 * place; `delta` = theta_start - theta_end, averaged over the contributions and scaled by their share.
 */
export interface OuterOptimizer {
  init(parameterCount: number): Float32Array;
  update(theta: Float32Array, delta: Float32Array, meta: DeltaMeta, state: Float32Array): void;
  /** The part of the state that has to be kept; what `init` made stands in for the rest. All of it where absent. */
  stored?(state: Float32Array): Float32Array;
}
