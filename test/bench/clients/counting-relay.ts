// Passes bytes between clients and a server, counts them, and breaks connections off when it is told to.
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'

const LOOK_MS = 50

export class CountingRelay {
  readonly #server = createServer((socket) => this.#pass(socket))
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  #connections = 0
  #heardAt = 0
  /** Both ways, frames' headers and the upgrade included; not those of TCP and IP. */
  bytes = 0

  /** @param port of the server. */
  constructor(port: number) {
    this.#port = port
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('it does not listen')
    return address.port
  }

  /** Breaks all connections off. @returns how many bytes pass until they are back, and nothing has passed for a while. */
  async reconnect(quietMs: number, patienceMs: number): Promise<number> {
    const [before, bytes] = [this.#connections, this.bytes]
    this.#breakOff()
    await this.#until(() => this.#connections > before && this.#quietMs >= quietMs, patienceMs)
    return this.bytes - bytes
  }

  /** Resolves when nothing has passed for a while from now on: who has been opened has connected by then. */
  quiet(quietMs: number, patienceMs: number): Promise<void> {
    this.#heardAt = performance.now()
    return this.#until(() => this.#quietMs >= quietMs, patienceMs)
  }

  close(): void {
    this.#breakOff()
    this.#server.close()
  }

  get #quietMs(): number {
    return performance.now() - this.#heardAt
  }

  #breakOff(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  #pass(client: Socket): void {
    this.#connections += 1
    this.#heardAt = performance.now()
    const server = connect(this.#port, '127.0.0.1')
    const pairs = [
      [client, server],
      [server, client],
    ] as const
    for (const [from, to] of pairs) {
      this.#sockets.add(from)
      from.setNoDelay(true)
      from.on('data', (data) => {
        this.bytes += data.length
        this.#heardAt = performance.now()
        to.write(data)
      })
      from.on('error', () => {})
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
    }
  }

  async #until(isSo: () => boolean, patienceMs: number): Promise<void> {
    for (let waited = 0; !isSo(); waited += LOOK_MS) {
      if (waited > patienceMs) throw new Error('it does not come to rest')
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }
}
