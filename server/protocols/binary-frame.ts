/**
 * A message as one binary frame of a WebSocket, header and all (RFC 6455, 5.2). What a whole room is told is framed once
 * and written to every socket as it is: framing it for each of them costs more than half of what writing does.
 */
const FINAL_BINARY = 0x82
const LENGTH_IN_16_BITS = 126
const LENGTH_IN_64_BITS = 127

export function binaryFrame(message: Uint8Array): Uint8Array {
  const header = headerOf(message.byteLength)
  const frame = new Uint8Array(header.length + message.byteLength)
  frame.set(header)
  frame.set(message, header.length)
  return frame
}

/** A server masks nothing. */
function headerOf(length: number): readonly number[] {
  if (length < LENGTH_IN_16_BITS) return [FINAL_BINARY, length]
  if (length < 2 ** 16) return [FINAL_BINARY, LENGTH_IN_16_BITS, ...bigEndian(length, 2)]
  return [FINAL_BINARY, LENGTH_IN_64_BITS, ...bigEndian(length, 8)]
}

const bigEndian = (value: number, bytes: number): readonly number[] =>
  Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256)
