/** Messages about the same thing are the same, and so they are made once, and framed once (`Session.sendShared`). */

/** @returns what gives for the same object, which stays as it is, the same bytes; they are forgotten with it. */
export function encodedOnce<Content extends object>(
  encode: (content: Content) => Uint8Array,
): (content: Content) => Uint8Array {
  const messages = new WeakMap<Content, Uint8Array>()
  return (content) => {
    const known = messages.get(content)
    if (known !== undefined) return known
    const message = encode(content)
    messages.set(content, message)
    return message
  }
}
