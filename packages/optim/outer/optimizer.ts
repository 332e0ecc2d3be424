/** What is known of a delta beside its values. */
export interface DeltaMeta {
  readonly weight: number;
  readonly steps: number;
  readonly tokens: number;
  /** Module versions between the one the delta started from and the one it meets. */
  readonly staleness: number;
}

/**
 * Outer optimizer over one module's flat parameters (core sheet section 0). `theta` and the state are updated in
 * place; `delta` = theta_start - theta_end, already averaged over the contributions of the step.
 */
export interface OuterOptimizer {
  init(parameterCount: number): Float32Array;
  update(theta: Float32Array, delta: Float32Array, meta: DeltaMeta, state: Float32Array): void;
}
