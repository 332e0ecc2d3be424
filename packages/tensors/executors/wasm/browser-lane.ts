import type { ToLane } from './lane-words.ts';
import { serveLanes } from './serve-lanes.ts';

/** Entry of a lane worker in a page. */
const serve = serveLanes((message) => postMessage(message));
addEventListener('message', (event: MessageEvent<ToLane>) => serve(event.data));
