/** Of a study's sources: the optimizers of Local-SGD, in place of the whole folder, so that others can be added. */
export const OPTIMIZERS = [
  'optim/inner',
  ...[
    'adam',
    'averaging',
    'fold',
    'momentum',
    'nesterov',
    'optimizer',
    'radial',
    'registry',
    'rescaled-mean',
    'sgd',
  ].map((name) => `optim/outer/${name}.ts`),
];
