/** What a record may be called. */

/** Length limit of a record id and a tenant, in UTF-16 units. */
export const RECORD_ID_LENGTH_MAX = 128

/** True for ids that fit a URL path segment, a SQL column and a log line without surprises. */
export const isRecordId = (id: string): boolean =>
  id.length > 0 &&
  id.length <= RECORD_ID_LENGTH_MAX &&
  id !== '.' &&
  id !== '..' &&
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  !/[\u0000-\u001f\u007f/\\]/.test(id)
