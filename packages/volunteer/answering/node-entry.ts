import { setImmediate } from 'node:timers/promises';
import { ownPort } from '../threads/node.ts';
import { briefRun } from '../works.ts';
import { serveAnswers } from './worker.ts';

serveAnswers(ownPort(), briefRun, {}, { now: () => performance.now(), nextTurn: () => setImmediate() });
