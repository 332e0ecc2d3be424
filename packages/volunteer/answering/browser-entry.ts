import { ownPort } from '../threads/browser.ts';
import { briefRun } from '../works.ts';
import { serveAnswers } from './worker.ts';

const runtimeUrl = new URL('/ort/', location.origin).href;
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve));
serveAnswers(ownPort(), briefRun, { runtimeUrl }, { now: () => performance.now(), nextTurn });
