/** What the connection needs of a WebSocket: the browser's, and that of the package `ws`, have it. */

export interface SocketLike {
  binaryType: string
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
}

export type SocketConstructor = new (url: string, protocols?: string[]) => SocketLike

/** What a subprotocol may hold (RFC 9110, `token`): every JSON Web Token does. */
const SUBPROTOCOL = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

/** The token travels as a subprotocol, all that a browser can set, since addresses are logged by proxies (W15). */
export function openSocket(Socket: SocketConstructor, url: string, token: string | null): SocketLike {
  if (token === null) return new Socket(url)
  if (SUBPROTOCOL.test(token)) return new Socket(url, [token])
  return new Socket(`${url}${url.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`)
}
