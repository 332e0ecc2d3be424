import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { findAdapter, lookAround } from './device.ts';

afterEach(() => void vi.unstubAllGlobals());

const gpu = (requestAdapter: () => unknown) => vi.stubGlobal('navigator', { gpu: { requestAdapter } });

test('an adapter that tells nothing of itself is offered all the same', async () => {
  gpu(async () => ({}));
  expect(await findAdapter()).toEqual({ name: 'a graphics adapter', software: false });
  gpu(async () => ({ info: { vendor: 'acme', architecture: 'x1' } }));
  expect(await findAdapter()).toEqual({ name: 'acme x1', software: false });
});

test('a browser that fails at the question has none', async () => {
  gpu(() => {
    throw new TypeError('not here');
  });
  expect(await findAdapter()).toBeNull();
  gpu(async () => Promise.reject(new Error('lost')));
  expect(await findAdapter()).toBeNull();
  vi.stubGlobal('navigator', {});
  expect(await findAdapter()).toBeNull();
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
