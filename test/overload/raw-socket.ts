// A WebSocket client that does as it likes: it answers nothing, reads when told, and sends frames that lie.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'

const TEXTLESS = { binary: 0x2, ping: 0x9, pong: 0xa, continuation: 0x0 } as const
const [FIN, MASKED, RSV1] = [0x80, 0x80, 0x40]
const SHORT_MAX = 125
const HANDSHAKE_END = '\r\n\r\n'

export class RawSocket {
  readonly socket: Socket
  /** What the server has answered to the upgrade. */
  handshake = ''
  pings = 0
  /** Bytes that have come. */
  received = 0
  closeCode: number | null = null
  isClosed = false
  #unread: Buffer = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
    })
    socket.on('data', (data) => this.#read(data))
  }

  /** Connects, and sends nothing yet. */
  static async dial(port: number): Promise<RawSocket> {
    const socket = connect(port, '127.0.0.1')
    const raw = new RawSocket(socket)
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    return raw
  }

  static async upgrade(port: number, path: string, extensions = ''): Promise<RawSocket> {
    const raw = await RawSocket.dial(port)
    const offer = extensions === '' ? '' : `Sec-WebSocket-Extensions: ${extensions}\r\n`
    raw.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${offer}\r\n`,
    )
    while (!raw.handshake.endsWith(HANDSHAKE_END) && !raw.isClosed)
      await Promise.race([once(raw.socket, 'data'), once(raw.socket, 'close')])
    return raw
  }

  /** @param announced the length that the header tells, if not the truth. */
  send(
    payload: Uint8Array,
    {
      kind = 'binary',
      isLast = true,
      isDeflated = false,
      announced = payload.length,
    }: {
      readonly kind?: keyof typeof TEXTLESS
      readonly isLast?: boolean
      readonly isDeflated?: boolean
      readonly announced?: number
    } = {},
  ): boolean {
    // Of pings and pongs the protocol takes no other form than the short one.
    const isShort = announced <= SHORT_MAX
    const header = Buffer.alloc(isShort ? 6 : 14)
    header[0] = TEXTLESS[kind] | (isLast ? FIN : 0) | (isDeflated ? RSV1 : 0)
    header[1] = MASKED | (isShort ? announced : 127)
    if (!isShort) header.writeBigUInt64BE(BigInt(announced), 2)
    // The mask is zero: the payload is sent as it is.
    this.socket.write(header)
    return this.socket.write(payload)
  }

  destroy(): void {
    this.socket.destroy()
  }

  #read(data: Buffer): void {
    this.received += data.length
    this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data])
    if (!this.handshake.endsWith(HANDSHAKE_END)) {
      const end = this.#unread.indexOf(HANDSHAKE_END)
      if (end < 0) return
      this.handshake = this.#unread.subarray(0, end + HANDSHAKE_END.length).toString()
      this.#unread = this.#unread.subarray(end + HANDSHAKE_END.length)
    }
    while (this.#readFrame());
  }

  /** @returns false if there is no whole frame left. */
  #readFrame(): boolean {
    const unread = this.#unread
    if (unread.length < 2) return false
    const short = (unread[1] ?? 0) & 0x7f
    const headerBytes = short === 126 ? 4 : short === 127 ? 10 : 2
    if (unread.length < headerBytes) return false
    const length =
      short === 126 ? unread.readUInt16BE(2) : short === 127 ? Number(unread.readBigUInt64BE(2)) : short
    if (unread.length < headerBytes + length) return false
    const opcode = (unread[0] ?? 0) & 0x0f
    if (opcode === 0x9) this.pings += 1
    if (opcode === 0x8 && length >= 2) this.closeCode = unread.readUInt16BE(headerBytes)
    this.#unread = unread.subarray(headerBytes + length)
    return true
  }
}
