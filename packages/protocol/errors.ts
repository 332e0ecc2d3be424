/**
 * All errors, once. `status`: HTTP. `what`: what happened. `todo`: what to do.
 * docs/PROTOCOL.md holds the same table; a test compares them.
 */
export const ERRORS = {
  // requests
  bad_request: {
    status: 400,
    what: 'The request does not fit its schema.',
    todo: 'Correct the field that the detail names.',
  },
  bad_run_spec: {
    status: 400,
    what: 'The run spec does not fit its schema.',
    todo: 'Correct the field that the detail names.',
  },
  unauthorized: {
    status: 401,
    what: 'This needs an operator.',
    todo: 'Sign in by the one-time link, or send the operator token as a bearer token.',
  },
  bad_sign_in: {
    status: 401,
    what: 'The sign-in code is unknown, used or older than ten minutes.',
    todo: 'Restart the coordinator for a new link, or sign in with the operator token.',
  },
  bad_host: {
    status: 403,
    what: 'The Host header is not one that this coordinator answers to.',
    todo: 'Set PUBLIC_URL to the address that people use.',
  },
  bad_origin: {
    status: 403,
    what: 'A page of another origin may not do this.',
    todo: 'Use the pages that this coordinator serves.',
  },
  banned: { status: 403, what: 'This volunteer was banned by the operator.', todo: 'Ask the operator.' },
  not_found: { status: 404, what: 'There is nothing at this address.', todo: 'Check the path and the id.' },
  wrong_state: {
    status: 409,
    what: 'The run is in a state in which this cannot be done.',
    todo: 'Look at its state first.',
  },
  round_not_kept: {
    status: 404,
    what: 'The run cannot be taken back to this round.',
    todo: 'Choose one of the rounds that the detail names.',
  },
  corpus_in_use: { status: 409, what: 'A run uses this corpus.', todo: 'Delete the run first.' },
  too_large: { status: 413, what: 'The body is larger than allowed.', todo: 'Send no more than the detail says.' },
  unsupported_media_type: {
    status: 415,
    what: 'The content type is not accepted here.',
    todo: 'Use the one that the detail names.',
  },
  range_not_satisfiable: {
    status: 416,
    what: 'The byte range lies outside the blob.',
    todo: 'Ask for a range inside its size.',
  },
  rate_limited: {
    status: 429,
    what: 'Too many requests from this address.',
    todo: 'Wait as long as Retry-After says.',
  },
  queue_full: { status: 429, what: 'Too many prompts are waiting.', todo: 'Try again shortly.' },
  internal: { status: 500, what: 'The coordinator failed.', todo: 'Try again; the log holds the cause.' },
  not_ready: { status: 503, what: 'The coordinator is not ready yet.', todo: 'Try again shortly.' },
  // corpora
  corpus_empty: {
    status: 422,
    what: 'The corpus holds no usable document.',
    todo: 'Upload text with at least a few documents.',
  },
  corpus_too_short: {
    status: 422,
    what: 'A split of the corpus is shorter than one training window.',
    todo: 'Upload more text, or use a smaller context.',
  },
  corpus_not_text: { status: 422, what: 'The upload is not UTF-8 text.', todo: 'Convert it to UTF-8.' },
  line_too_long: { status: 413, what: 'A line of the upload is longer than allowed.', todo: 'Split the document.' },
  // weights
  bad_checkpoint: {
    status: 422,
    what: 'The file holds no weights that can be read.',
    todo: "Write float32 or float16 safetensors under the names of Hugging Face's Llama.",
  },
  // pictures
  bad_pictures: {
    status: 503,
    what: 'A set of pictures is missing here, or is not the one that this version ships.',
    todo: 'Install this version again: `packages/pictures/data` holds its sets.',
  },
  // contributions
  bad_token: {
    status: 401,
    what: 'The token does not belong to this lease.',
    todo: 'Upload with the token that came with the lease.',
  },
  lease_unknown: { status: 404, what: 'There is no such lease.', todo: 'Ask for a new lease.' },
  lease_ended: {
    status: 410,
    what: 'The lease has ended: it expired, was lost, or its round is over.',
    todo: 'Ask for a new lease.',
  },
  already_contributed: {
    status: 409,
    what: 'Another contribution was already accepted for this lease.',
    todo: 'Ask for a new lease.',
  },
  digest_missing: {
    status: 400,
    what: 'The upload has no Content-Digest.',
    todo: 'Send Content-Digest: sha-256=:BASE64:.',
  },
  digest_mismatch: { status: 422, what: 'The bytes do not match their digest.', todo: 'Upload again.' },
  upload_truncated: {
    status: 400,
    what: 'The upload ended before its announced length.',
    todo: 'Continue from the offset that HEAD answers.',
  },
  bad_report: {
    status: 400,
    what: 'The header pathfold-report does not fit its schema.',
    todo: 'Correct the field that the detail names.',
  },
  wrong_size: {
    status: 422,
    what: 'The contribution has another size than its task asks for.',
    todo: 'Reload the page: it may be out of date.',
  },
  not_finite: {
    status: 422,
    what: 'The contribution holds values that are not finite.',
    todo: 'The device may compute wrongly; it should pass its self-test again.',
  },
  refuted: {
    status: 422,
    what: 'Work of this volunteer was computed again and came out otherwise.',
    todo: 'Nothing more of it counts in this run.',
  },
  norm_out_of_bounds: {
    status: 422,
    what: 'The contribution is far larger than those of the others.',
    todo: 'The device may compute wrongly; it should pass its self-test again.',
  },
  bad_payload: {
    status: 422,
    what: 'The contribution cannot be read.',
    todo: 'Reload the page: it may be out of date.',
  },
  bad_steps: {
    status: 422,
    what: 'The contribution claims a number of steps that its lease does not allow.',
    todo: 'Reload the page: it may be out of date.',
  },
  too_stale: {
    status: 422,
    what: 'It came late, and the model has moved on by more versions since than the run allows.',
    todo: 'Nothing: the next piece of work starts from the newest version, with fewer steps.',
  },
  // answers to prompts
  no_answerer: {
    status: 200,
    what: 'No volunteer was free to answer this prompt, or none brought it to its end.',
    todo: 'Nothing: the coordinator answered.',
  },
  bad_tokens: {
    status: 422,
    what: 'The answer holds tokens that the model does not have, or more than were asked for.',
    todo: 'Reload the page: it may be out of date.',
  },
  too_slow: {
    status: 408,
    what: 'The answer did not come in time.',
    todo: 'Nothing: someone else went on with it, and this volunteer is left alone for a while.',
  },
  answer_broken_off: {
    status: 410,
    what: 'The answer ended before it was complete.',
    todo: 'Nothing: someone else went on with it.',
  },
  // sockets
  protocol_too_old: { status: 426, what: 'This page speaks an older protocol.', todo: 'Reload the page.' },
  protocol_too_new: {
    status: 426,
    what: 'This volunteer speaks a newer protocol.',
    todo: 'Use the version that the coordinator serves.',
  },
  bad_message: { status: 400, what: 'A message does not fit its schema.', todo: 'Reload the page.' },
  message_too_large: { status: 413, what: 'A message is larger than allowed.', todo: 'Reload the page.' },
  too_many_messages: { status: 429, what: 'Too many messages a second.', todo: 'Slow down.' },
  bad_signature: {
    status: 401,
    what: 'The signature does not match the key.',
    todo: 'Restore the identity, or start with a new one.',
  },
  replaced: {
    status: 409,
    what: 'The same identity connected from elsewhere.',
    todo: 'Use one page at a time for one identity.',
  },
  silent: {
    status: 408,
    what: 'Nothing was heard for longer than the silence limit.',
    todo: 'Reconnect; the lease went to someone else.',
  },
  // why a lease ends or does not come
  expired: { status: 410, what: 'The lease reached its deadline.', todo: 'Take a new lease.' },
  round_over: { status: 410, what: 'The round ended without this lease.', todo: 'Take a new lease.' },
  run_paused: {
    status: 409,
    what: 'The operator paused the run.',
    todo: 'Wait: work comes by itself when it goes on.',
  },
  run_over: { status: 409, what: 'The run is finished.', todo: 'Wait for another run.' },
  rolled_back: {
    status: 410,
    what: 'The operator took the run back to a round from before this work.',
    todo: 'Nothing: work comes by itself when the run goes on.',
  },
  no_work: { status: 200, what: 'There is nothing to compute just now.', todo: 'Wait: work comes by itself.' },
  does_not_fit: { status: 200, what: 'No open work fits the memory of this device.', todo: 'Wait for a smaller run.' },
  // devices
  self_test_failed: {
    status: 200,
    what: 'The device computes wrongly and may not train.',
    todo: 'Update the browser or the graphics driver, or choose the CPU.',
  },
  no_device: {
    status: 200,
    what: 'There is no device of the chosen kind here.',
    todo: 'Choose another device to compute on.',
  },
  device_lost: {
    status: 200,
    what: 'The GPU went away.',
    todo: 'The lease was given back; training goes on when the device is back.',
  },
  out_of_memory: {
    status: 200,
    what: 'The device ran out of memory.',
    todo: 'Close other programs, or wait for a smaller run.',
  },
  worker_crashed: {
    status: 200,
    what: 'The training worker crashed.',
    todo: 'The lease was given back; a new worker starts.',
  },
  loss_not_finite: {
    status: 200,
    what: 'The loss is not finite.',
    todo: 'The lease was given back; the operator may lower the learning rate.',
  },
  blob_unavailable: {
    status: 200,
    what: 'A blob that the lease needs could not be had from any peer or from the coordinator.',
    todo: 'The lease was given back; check the network.',
  },
} as const satisfies Record<string, { status: number; what: string; todo: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** So many characters has a `detail`, in errors and in messages. */
export const DETAIL_CHARS = 1000;

/** An error that may be shown to people. `detail` says where and what, for this case; a longer one is cut. */
export class PathfoldError extends Error {
  readonly detail: string;

  constructor(
    readonly code: ErrorCode,
    detail: string = ERRORS[code].what,
  ) {
    const told = detail.length > DETAIL_CHARS ? `${detail.slice(0, DETAIL_CHARS - 1)}…` : detail;
    super(`${code}: ${told}`);
    this.detail = told;
  }
}

/** RFC 9457 problem details. */
export const problemOf = (code: ErrorCode, detail?: string) => ({
  type: `urn:pathfold:error:${code}`,
  title: ERRORS[code].what,
  status: ERRORS[code].status,
  detail: detail ?? ERRORS[code].what,
  code,
  todo: ERRORS[code].todo,
});
