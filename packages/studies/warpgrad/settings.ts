/** How an arm learns from tasks. */
export const METHODS = ['warp-approximate', 'warp-exact', 'reptile', 'leap', 'maml', 'deep'] as const;
export type Method = (typeof METHODS)[number];

export type WarpConfig = {
  readonly method: Method;
  readonly metaSteps: number;
  /** Steps of a task while the start is learned. */
  readonly steps: number;
};

const ABOUT: Readonly<Record<Method, string>> = {
  'warp-approximate': 'warp layers, approximate meta-gradient, start by Reptile',
  'warp-exact': 'warp layers, exact meta-gradient, start by Reptile',
  reptile: 'Reptile, without warp layers',
  leap: 'Leap as the authors simplify it, without warp layers',
  maml: 'MAML through 5 steps, without warp layers',
  deep: 'the layers of the warp arms, all of them adapted, start by Reptile',
};

/** The arms of one size. */
export const settings = (quick: boolean) =>
  Object.fromEntries(
    METHODS.map((method) => {
      const config: WarpConfig = { method, metaSteps: quick ? 60 : 1000, steps: method === 'maml' ? 5 : 50 };
      return [method, { about: ABOUT[method], config }];
    }),
  ) as Record<Method, { about: string; config: WarpConfig }>;
