import { PathfoldError } from '@pathfold/protocol/errors';
import { MOST_REASON } from '@pathfold/protocol/report';
import type { OpenOptions } from '@pathfold/tensors/executors/open';
import { chooseExecutor, NO_ANSWER, NoDevicePasses, reasonOf } from '@pathfold/training/choose';
import type { OpenDevice } from './worker.ts';

/**
 * The fastest device of the choice that passes its self-test. Throws PathfoldError `no_device` or `self_test_failed`,
 * with what became of each device.
 */
export const openDevice =
  (device: OpenOptions): OpenDevice =>
  async (wanted) => {
    try {
      const { executor, tokensPerSecond, tried } = await chooseExecutor({ device, wanted });
      const { name, adapter } = executor;
      const reason = reasonOf(name, tried).slice(0, MOST_REASON);
      return { executor, info: { name, adapter: adapter.slice(0, 200), tokensPerSecond, reason } };
    } catch (error) {
      if (!(error instanceof NoDevicePasses)) throw error;
      const wrong = error.tried.some(({ adapter, reason }) => adapter !== '' && reason !== NO_ANSWER);
      const detail = error.tried.map(({ name, reason }) => `${name}: ${reason}.`).join(' ');
      throw new PathfoldError(wrong ? 'self_test_failed' : 'no_device', detail.slice(0, 400));
    }
  };
