import { chooseExecutor, NO_ANSWER, NoDevicePasses, type Tried } from '@pathfold/training/choose';
import { expect, test, vi } from 'vitest';
import { openDevice } from './device.ts';

vi.mock(import('@pathfold/training/choose'), async (original) => ({ ...(await original()), chooseExecutor: vi.fn() }));

const tried = { name: 'webgpu', adapter: 'a GPU', passed: false, tokensPerSecond: null } as const;

test.each<[Tried, string, string]>([
  [{ ...tried, reason: 'computes wrongly' }, 'self_test_failed', 'webgpu: computes wrongly.'],
  [{ ...tried, reason: NO_ANSWER }, 'no_device', 'webgpu: did not answer.'],
  [{ ...tried, adapter: '', reason: 'none here' }, 'no_device', 'webgpu: none here.'],
])('a device of which is said %j is refused as %s', async (what, code, detail) => {
  vi.mocked(chooseExecutor).mockRejectedValue(new NoDevicePasses([what]));
  await expect(openDevice({})('gpu')).rejects.toMatchObject({ code, detail });
});
