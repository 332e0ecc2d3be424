/** Keeps time for a hidden page, whose own timers the browser slows down. Message: [id, milliseconds]; answer: id. */
addEventListener('message', ({ data: [id, ms] }: MessageEvent<[number, number]>) => {
  setTimeout(() => postMessage(id), ms);
});
