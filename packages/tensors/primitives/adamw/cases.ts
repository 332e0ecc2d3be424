import { type Case, large, x, zeros } from '../case.ts';
import { mul } from '../mul/mul.ts';
import { adamw } from './adamw.ts';

const build =
  (clipNorm: number): Case['build'] =>
  ([theta, m, root, gradient, rates]) => {
    const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm };
    const next = adamw({ theta: theta!, m: m!, v: mul(root!, root!) }, gradient!, mul(rates!, rates!), options);
    return [next.theta, next.m, next.v];
  };

export const cases: Case[] = [
  { name: 'adamw, clipped', inputs: [x(37), x(37), x(37), large(37), x(3)], build: build(1), derivatives: 0 },
  { name: 'adamw, not clipped', inputs: [x(8), x(8), x(8), x(8), x(3)], build: build(1e6), derivatives: 0 },
  { name: 'adamw, no gradient', inputs: [x(5), zeros(5), zeros(5), zeros(5), x(3)], build: build(1), derivatives: 0 },
];
