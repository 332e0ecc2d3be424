import { describe, expect, it } from 'vitest';
import {
  deviceInWords,
  outcomeInWords,
  progressInWords,
  reasonInWords,
  shardInWords,
  wireInWords,
  workInWords,
} from './texts.ts';

const SLOWER =
  "this device takes 2.6 times as long as the run's pace, its fastest device, which counts as at most four times as fast as the middle one.";

describe('the device, in words', () => {
  it('says which computes, how fast, and why no other does', () => {
    const executor = { name: 'wasm', adapter: '2 threads', tokensPerSecond: 12_345, reason: 'no other was looked at' };
    expect(deviceInWords({ executor })).toBe(
      'Chosen to compute: 2 threads through wasm; its benchmark measured 12,345 tokens a second. Why this one: no other was looked at.',
    );
    expect(deviceInWords({ executor: null })).toBe('');
  });
});

describe('the work in hand, in words', () => {
  const work = {
    run: 'r',
    kind: 'train',
    path: '0',
    round: 7,
    plannedSteps: 50,
    stepsReason: null,
    steps: 12,
    loss: 3,
    tokensPerSecond: 9,
    coarseness: null,
    wireReason: null,
  };

  it('names path, round and progress of training', () => {
    expect(workInWords(work)).toBe('Training path 0, round 7');
    expect(progressInWords(work)).toBe('inner step 12 of 50');
  });

  it.each([
    ['pace', `19 of 50 steps, so that all are done at about the same time: ${SLOWER}`],
    ['least', `19 of 50 steps, the fewest that are given: ${SLOWER}`],
    ['lease', '19 of 50 steps: as many as this device has time for.'],
    ['others', '19 of 50 steps: as many as the others of this round leave time for.'],
    ['whole', ''],
  ])('says why a slower device has fewer steps: %s', (because, sentence) => {
    expect(reasonInWords({ ...work, plannedSteps: 19, stepsReason: { because, whole: 50, timesSlower: 2.6 } })).toBe(
      sentence,
    );
    expect(reasonInWords(work)).toBe('');
  });

  it.each([
    [
      'finest',
      0.012,
      'at coarseness 1 before it is sent, the finest there is: sending takes about 1.2 % of the computing time.',
    ],
    [
      'line',
      0.04,
      'at coarseness 1 before it is sent: sending takes about 4.0 % of the computing time, and a finer result would take more than 5 %.',
    ],
    [
      'bound',
      0.3,
      'at coarseness 1 before it is sent, the coarsest that this run allows: sending takes about 30 % of the computing time.',
    ],
    [
      'untold',
      null,
      'at coarseness 1 before it is sent, the coarsest that this run allows, as nothing was measured on this line yet.',
    ],
  ])('says why a result is as coarse as it is: %s', (because, part, sentence) => {
    expect(wireInWords({ coarseness: 1, wireReason: { because, part } })).toBe(`Its result is rounded ${sentence}`);
    expect(wireInWords(work)).toBe('');
  });

  it('counts scored tokens of an evaluation, whose end is not known', () => {
    const scoring = { ...work, kind: 'evaluate', plannedSteps: null, steps: 1200 };
    expect(workInWords(scoring)).toBe('Scoring path 0, round 7');
    expect(progressInWords(scoring)).toBe('1,200 tokens scored');
  });

  it('says what a path reads, in the order of how much', () => {
    const domains = [
      { name: 'scripture', share: 0.62 },
      { name: 'verse', share: 0.3 },
      { name: 'json', share: 0.04 },
      { name: 'manuals', share: 0.04 },
    ];
    expect(shardInWords({ path: '0-3', domains, documents: 9, tokens: 99, samples: [] })).toBe(
      'Path 0-3 reads the texts that are routed to it: scripture (62 %), verse (30 %) and others.',
    );
  });
});

describe('what became of a contribution, in words', () => {
  it.each([
    ['received', 'Received, being checked'],
    ['checked', 'Accepted'],
    ['folded', 'Taken into the run'],
    ['rejected', 'Rejected'],
  ] as const)('says of one that is %s: %s', (state, sentence) => {
    expect(outcomeInWords({ lease: 'l', state, code: null, detail: '', at: 0 })).toBe(sentence);
  });
});
