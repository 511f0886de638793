// Inputs that mean something in one state of a document only: the first byte says in which.
export const stated = (state: number, bytes: Uint8Array): Uint8Array => {
  const input = new Uint8Array(1 + bytes.length)
  input[0] = state
  input.set(bytes, 1)
  return input
}

export const stateOf = (input: Uint8Array, states: number): number => (input[0] ?? 0) % states
export const bytesOf = (input: Uint8Array): Uint8Array => input.subarray(1)
