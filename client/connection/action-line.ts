/** Actions on conflicts on their way to the server: sent once, since others may act while nobody hears the answer. */
import type { ActionResult, ClientMessage, ConflictAction } from '../../shared/sync/messages.ts'
import { ConnectionLost } from './sync-connection.ts'

interface Acting {
  readonly resolve: (result: ActionResult) => void
  readonly reject: (error: ConnectionLost) => void
}

export class ActionLine {
  readonly #send: (message: ClientMessage) => boolean
  readonly #acting = new Map<number, Acting>()
  #last = 0

  /** @param send says whether there is a connection. */
  constructor(send: (message: ClientMessage) => boolean) {
    this.#send = send
  }

  act(conflictId: string, action: ConflictAction): Promise<ActionResult> {
    this.#last += 1
    const request = this.#last
    if (!this.#send({ type: 'act', request, conflictId, action }))
      return Promise.reject(new ConnectionLost('there is no connection'))
    return new Promise((resolve, reject) => {
      this.#acting.set(request, { resolve, reject })
    })
  }

  receive(request: number, result: ActionResult): void {
    const acting = this.#acting.get(request)
    this.#acting.delete(request)
    acting?.resolve(result)
  }

  /** The connection has gone. */
  lost(): void {
    const acting = [...this.#acting.values()]
    this.#acting.clear()
    for (const { reject } of acting) reject(new ConnectionLost('the connection went before the answer came'))
  }
}
