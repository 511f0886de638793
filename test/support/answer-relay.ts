// A network between a client and the server: it passes requests on, and loses answers when told to.

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export class AnswerRelay {
  readonly #target: string
  readonly #server = createServer((request, response) => void this.#relay(request, response))
  /** How many of the next answers are lost, after the server has carried out what was asked. */
  losing = 0
  /** The server's answers, in order; 0 where it could not be reached. */
  readonly statuses: number[] = []

  private constructor(target: string) {
    this.#target = target
  }

  static async to(target: string): Promise<AnswerRelay> {
    const relay = new AnswerRelay(target)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async #relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const { authorization = '', 'content-type': type = '' } = request.headers
    try {
      const answer = await fetch(`${this.#target}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { authorization, 'content-type': type },
        body,
      })
      const text = await answer.text()
      this.statuses.push(answer.status)
      if (this.losing > 0) {
        this.losing -= 1
        response.destroy()
        return
      }
      response
        .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
        .end(text)
    } catch {
      this.statuses.push(0)
      response.destroy()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
