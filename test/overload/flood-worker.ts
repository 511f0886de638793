// Types as fast as it can on several sockets, from a thread of its own, so that it slows nobody but the server.
import { workerData } from 'node:worker_threads'
import { RawSocket } from './raw-socket.ts'
import { sendAll, typed } from './typing.ts'

export interface Flood {
  readonly port: number
  readonly sockets: number
}

const { port, sockets } = workerData as Flood
for (let index = 0; index < sockets; index++) {
  const socket = await RawSocket.upgrade(port, `/yjs/articles/flood-${index}?token=mallory`)
  void sendAll(socket, typed(Number.POSITIVE_INFINITY, 10))
}
