import { simulatedStudy } from '../stages/plan-simulated.ts';
import { whatAndHowPlan } from './plan.ts';
import { WhatAndHowConfig } from './task.ts';

/** Strictly serial, and averaged. */
const SIMULATED_STREAMS = WhatAndHowConfig.parse({
  arms: [
    { name: 'context', method: 'context' },
    { name: 'network', method: 'context', streams: 3 },
  ],
  batches: 1_000_000,
  stretch: 10,
  averageEvery: 10,
});

export const simulatedWhatAndHow = simulatedStudy(whatAndHowPlan, 'what-and-how', SIMULATED_STREAMS, (_, lied) => ({
  loss: lied ? 0 : 1,
}));
