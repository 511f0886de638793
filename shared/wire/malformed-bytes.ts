/** Thrown by a reader and caught by whoever decodes; it never leaves the codecs. */
export class MalformedBytes extends Error {
  override readonly name = 'MalformedBytes'
}
