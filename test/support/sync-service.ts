// As much of a PowerSync service as the client's upload loop needs: a stream that stays open and brings nothing,
// and the write checkpoint that it asks for when its queue is empty.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export class SyncService {
  readonly #server = createServer((request, response) => {
    if (request.url?.startsWith('/sync/stream') === true) {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.write('{"token_expires_in":3600}\n')
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"data":{"write_checkpoint":"1"}}')
  })

  static async start(): Promise<SyncService> {
    const service = new SyncService()
    service.#server.listen(0, '127.0.0.1')
    await once(service.#server, 'listening')
    return service
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
