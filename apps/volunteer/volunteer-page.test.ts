import type { RunResource } from '@pathfold/protocol/resources';
import { likelyRun } from '@pathfold/ui/run/followed-run';
import { describe, expect, it } from 'vitest';
import { lookAround } from './device.ts';
import { takeTabLock } from './tab-lock.ts';
import { deviceInWords, progressInWords, reasonInWords, shardInWords, workInWords } from './texts.ts';

/** Locks between tabs, as far as `ifAvailable` goes. */
function fakeLocks(): LockManager {
  let held = false;
  const request = async (_name: string, _options: LockOptions, use: (lock: Lock | null) => unknown) => {
    const free = !held;
    held = true;
    await use(free ? { name: 'x', mode: 'exclusive' } : null);
    if (free) held = false;
  };
  return { request, query: async () => ({}) } as unknown as LockManager;
}

describe('tabs of one browser', () => {
  it('train one at a time, and the next may once the first lets go', async () => {
    const locks = fakeLocks();
    const first = await takeTabLock(locks);
    expect(first).not.toBeNull();
    expect(await takeTabLock(locks)).toBeNull();
    first?.release();
    await new Promise((resolve) => setTimeout(resolve));
    expect(await takeTabLock(locks)).not.toBeNull();
  });
});

describe('what the browser offers', () => {
  const scope = (parts: object) => parts as unknown as typeof globalThis;
  const all = {
    isSecureContext: true,
    crypto: { subtle: {} },
    Worker: class {},
    WebAssembly: {},
    RTCPeerConnection: class {},
    FileSystemFileHandle: class {
      createWritable() {}
    },
    localStorage: {},
    navigator: { gpu: {}, locks: {}, storage: { getDirectory() {} } },
  };

  it('lacks nothing where everything is there', () => {
    expect(lookAround(scope(all))).toEqual({ insecure: false, blocking: [], missing: [] });
  });

  it('misses files that it cannot write (Safari before 26), and storage that a person blocks', () => {
    const missing = (parts: object) => lookAround(scope({ ...all, ...parts })).missing.map((lack) => lack.what);
    expect(missing({ FileSystemFileHandle: class {} })).toEqual(['A private file system']);
    const blocked = {
      get localStorage() {
        throw new DOMException('blocked', 'SecurityError');
      },
    };
    const looked = lookAround(Object.defineProperties(scope({ ...all }), Object.getOwnPropertyDescriptors(blocked)));
    expect(looked.missing.map((lack) => lack.what)).toEqual(['Storage of this site']);
    expect(looked.blocking).toEqual([]);
  });

  it('blocks plain-HTTP addresses, which have no signatures, and says what else they lack', () => {
    const plain = lookAround(scope({ ...all, isSecureContext: false, crypto: {}, navigator: {} }));
    expect(plain.insecure).toBe(true);
    expect(plain.blocking.map((lack) => lack.what)).toEqual(['Signatures (WebCrypto)']);
    expect(plain.missing.map((lack) => lack.what)).toContain('WebGPU');
  });
});

describe('the run to show', () => {
  const run = (id: string, state: RunResource['state']) => ({ id, state }) as RunResource;

  it('is the first in training, else one that may go on, else any', () => {
    expect(likelyRun([run('a', 'finished'), run('b', 'paused'), run('c', 'training')])?.id).toBe('c');
    expect(likelyRun([run('a', 'finished'), run('b', 'paused')])?.id).toBe('b');
    expect(likelyRun([run('a', 'finished')])?.id).toBe('a');
    expect(likelyRun([])).toBeNull();
  });
});

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
  };

  it('names path, round and progress of training', () => {
    expect(workInWords(work)).toBe('Training path 0, round 7');
    expect(progressInWords(work)).toBe('inner step 12 of 50');
  });

  it('says why a slower device has fewer steps', () => {
    const slower = { ...work, plannedSteps: 19, stepsReason: { because: 'pace', whole: 50, timesSlower: 2.6 } };
    expect(reasonInWords(slower)).toBe(
      "19 of 50 steps, so that all are done at about the same time: this device takes 2.6 times as long as the run's pace, its fastest device, which counts as at most four times as fast as the middle one.",
    );
    expect(reasonInWords(work)).toBe('');
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
