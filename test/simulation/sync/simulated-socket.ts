// A WebSocket for the client's connection, over a wire of the fault simulation: it is told what arrives when the run says.
import type { SocketLike } from '../../../client/connection/web-socket.ts'
import type { Wire } from '../faults/wire.ts'

type Handler = (event: never) => void

export class SimulatedSocket implements SocketLike {
  binaryType = 'blob'
  onmessage: Handler | null = null
  onclose: Handler | null = null
  onerror: Handler | null = null
  #isOpen = false
  readonly wire: Wire

  constructor(wire: Wire) {
    this.wire = wire
  }

  send(data: Uint8Array): void {
    if (!this.#isOpen) throw new Error('still connecting')
    this.wire.send(data)
  }

  /** The client forgets it. The server does not hear of that by itself, nor does the client of what it still says. */
  close(): void {
    this.wire.isClientGone = true
  }

  /** The upgrade has been answered. */
  open(): void {
    if (!this.wire.isClientGone) this.#isOpen = true
  }

  /** The client reads one frame, or that the connection has ended. */
  read(): void {
    this.open()
    const frame = this.wire.reachClient()
    if (frame !== null) return this.#tell(this.onmessage, { data: frame.slice().buffer })
    const [, code = '1006', reason = ''] = /^(\d+) (.*)$/s.exec(this.wire.goodbye ?? '') ?? []
    this.#tell(this.onclose, { code: Number(code), reason })
  }

  #tell(handler: Handler | null, event: object): void {
    handler?.(event as never)
  }
}
