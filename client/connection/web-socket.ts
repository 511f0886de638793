/** What the connection needs of a WebSocket: the browser's, and that of the package `ws`, have it. */

export interface SocketLike {
  binaryType: string
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
}

export type SocketConstructor = new (url: string, protocols?: string[]) => SocketLike

/** What a subprotocol may hold (RFC 9110, `token`): every JSON Web Token does. */
const SUBPROTOCOL = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

export interface SocketEvents {
  heard(data: unknown): void
  gone(code: number, reason: string): void
}

export interface LiveSocket {
  send(frame: Uint8Array): void
  /** Closes it; nothing that it still says is heard. */
  drop(): void
}

/** Tells nothing before it returns. */
export function connectSocket(
  Socket: SocketConstructor,
  url: string,
  token: string | null,
  events: SocketEvents,
): LiveSocket {
  let socket: SocketLike | null = null
  let isHeard = true
  const hear = (tell: () => void): void => {
    if (isHeard) tell()
  }
  try {
    socket = openSocket(Socket, url, token)
  } catch (error) {
    // A browser refuses an address that is none, and one that is not secure from a page that is.
    queueMicrotask(() => hear(() => events.gone(1006, String(error))))
  }
  if (socket !== null) {
    socket.binaryType = 'arraybuffer'
    // What follows it, the close, says more.
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }: { code: number; reason: unknown }) =>
      hear(() => events.gone(code, String(reason)))
    socket.onmessage = ({ data }: { data: unknown }) => hear(() => events.heard(data))
  }
  return {
    // A socket that is closing throws in some environments; that it has gone is told by its event.
    send: (frame) => quietly(() => socket?.send(frame as Uint8Array<ArrayBuffer>)),
    drop: () => {
      isHeard = false
      quietly(() => socket?.close(1000))
    },
  }
}

/** The token travels as a subprotocol, all that a browser can set, since addresses are logged by proxies (W15). */
function openSocket(Socket: SocketConstructor, url: string, token: string | null): SocketLike {
  if (token === null) return new Socket(url)
  if (SUBPROTOCOL.test(token)) return new Socket(url, [token])
  return new Socket(`${url}${url.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`)
}

function quietly(run: () => void): void {
  try {
    run()
  } catch {}
}
