/**
 * The closed table of errors. Every refusal that a client can meet is a row here: a stable code, its HTTP
 * status, the WebSocket close code where it ends a session, whether a retry can help, and what to do.
 */

interface ErrorRow {
  readonly status: number
  readonly close: number
  readonly retryable: boolean
  readonly remedy: string
}

const rows = {
  bad_request: {
    status: 400,
    close: 4400,
    retryable: false,
    remedy: 'Correct the named part of the request.',
  },
  bad_frame: {
    status: 400,
    close: 4400,
    retryable: false,
    remedy: 'The bytes do not follow the protocol of this path; update the client.',
  },
  unauthenticated: { status: 401, close: 4401, retryable: false, remedy: 'Send a valid token.' },
  forbidden: { status: 403, close: 4403, retryable: false, remedy: 'Ask for a role that may do this.' },
  foreign_author: {
    status: 403,
    close: 4403,
    retryable: false,
    remedy: 'An actor or client id belongs to another subject; discard the local copy and load it again.',
  },
  unknown_collection: {
    status: 404,
    close: 4404,
    retryable: false,
    remedy: 'Declare the collection in sluice.config.ts, or correct its name.',
  },
  unknown_field: {
    status: 404,
    close: 4404,
    retryable: false,
    remedy: 'Declare the field in sluice.config.ts, or correct its name.',
  },
  not_found: {
    status: 404,
    close: 4404,
    retryable: false,
    remedy: 'Check the address; the record may have been deleted.',
  },
  method_not_allowed: {
    status: 405,
    close: 4400,
    retryable: false,
    remedy: 'Use one of the methods that the Allow header lists.',
  },
  already_exists: {
    status: 409,
    close: 4409,
    retryable: false,
    remedy: 'Choose another id, or PATCH the existing record.',
  },
  stale_resolution: {
    status: 409,
    close: 4409,
    retryable: false,
    remedy: 'Another side has arrived: look at the sides in the answer and decide again.',
  },
  not_open: {
    status: 409,
    close: 4409,
    retryable: false,
    remedy: 'The conflict is decided; take the decision back before you work on it again.',
  },
  no_proposal: {
    status: 409,
    close: 4409,
    retryable: false,
    remedy: 'No decision waits for approval; look at the conflict and decide it.',
  },
  same_approver: {
    status: 403,
    close: 4403,
    retryable: false,
    remedy: 'Let another person approve: each one counts once, and who proposes has agreed already.',
  },
  conflict_full: {
    status: 409,
    close: 4409,
    retryable: false,
    remedy: 'Decide the conflict: it takes no more comments, assignments and decisions taken back.',
  },
  not_correctable: {
    status: 409,
    close: 4409,
    retryable: false,
    remedy: 'Dismiss the dead letter, with a note: no record can take its values.',
  },
  stale_selection: {
    status: 409,
    close: 4409,
    retryable: false,
    remedy: 'The filter finds other conflicts, or other sides, than the dry run did: run it dry again.',
  },
  stale_version: {
    status: 412,
    close: 4412,
    retryable: false,
    remedy: 'Read the record again and repeat the change on the new version.',
  },
  unknown_version: {
    status: 412,
    close: 4412,
    retryable: false,
    remedy: 'Use a version token that this record has answered.',
  },
  lost_position: {
    status: 410,
    close: 4410,
    retryable: false,
    remedy: 'The server went back to a backup: read the records anew, and follow the log from now on.',
  },
  erased: {
    status: 410,
    close: 4410,
    retryable: false,
    remedy: 'The record was erased: discard your local copy of it, which cannot be brought back.',
  },
  not_resolved: {
    status: 409,
    close: 4409,
    retryable: false,
    remedy: 'Only a resolved conflict has a resolution to undo.',
  },
  not_restorable: {
    status: 409,
    close: 4409,
    retryable: false,
    remedy: 'Only a superseded or rejected change can be written again; PATCH the record with the value.',
  },
  version_required: {
    status: 428,
    close: 4428,
    retryable: false,
    remedy:
      'Name the version or the time that the write is based on: If-Match, or the field that carries it.',
  },
  locked: {
    status: 423,
    close: 4423,
    retryable: false,
    remedy: 'The record takes no more changes in its present state.',
  },
  illegal_transition: {
    status: 422,
    close: 4422,
    retryable: false,
    remedy: 'Move the field along the transitions that its schema declares.',
  },
  not_writable: {
    status: 403,
    close: 4403,
    retryable: false,
    remedy: 'Meet the condition of the field, such as an approval in the metadata or a role.',
  },
  check_failed: {
    status: 422,
    close: 4422,
    retryable: false,
    remedy: 'Correct the value so that it meets the rule of its schema.',
  },
  immutable: {
    status: 422,
    close: 4422,
    retryable: false,
    remedy: 'The field is written once; create another record.',
  },
  out_of_bounds: {
    status: 422,
    close: 4422,
    retryable: false,
    remedy: 'Stay within the bounds that the schema declares.',
  },
  too_large: {
    status: 413,
    close: 1009,
    retryable: false,
    remedy: 'Send less at once; the limits are in docs/SETTINGS.md.',
  },
  invalid_value: { status: 422, close: 4422, retryable: false, remedy: 'Correct the named field.' },
  reused_key: {
    status: 422,
    close: 4422,
    retryable: false,
    remedy: 'Send a new Idempotency-Key with a new request; the same one only with the same request.',
  },
  refused_change: {
    status: 422,
    close: 4403,
    retryable: false,
    remedy: 'The change breaks a rule of the gate; discard the local copy and load it again.',
  },
  too_costly: {
    status: 503,
    close: 1013,
    retryable: true,
    remedy:
      'Checking this change took longer than it may. Try again; if that fails, send it in smaller parts.',
  },
  too_many: { status: 429, close: 1013, retryable: true, remedy: 'Slow down and try again.' },
  internal: {
    status: 500,
    close: 1011,
    retryable: true,
    remedy: 'Try again; if it persists, see the server log.',
  },
  store_unavailable: {
    status: 503,
    close: 1013,
    retryable: true,
    remedy: 'The store does not accept writes now; try again shortly.',
  },
  shutting_down: { status: 503, close: 1012, retryable: true, remedy: 'The server restarts; reconnect.' },
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof rows

export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = rows

/** A refusal from the table, with the sentence that names the field, the byte or the version at fault. */
export class SluiceError extends Error {
  readonly code: ErrorCode
  /** Extra members for the problem document, such as the conflict's new sides. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'SluiceError'
    this.code = code
    this.details = details
  }
}
