/** How many connections one address may have open, whatever it says on them. One more is closed unheard. */
import type { Server } from 'node:http'
import { countedAddress } from './client-address.ts'
import { OpenCount } from './open-count.ts'

/** @param isExempt an address that stands for many others, such as a proxy. */
export function limitConnections(http: Server, max: number, isExempt: (address: string) => boolean): void {
  const open = new OpenCount(max)
  http.on('connection', (socket) => {
    // Undefined if the client has gone already.
    const peer = socket.remoteAddress
    if (peer === undefined || isExempt(peer)) return
    const leave = open.open(countedAddress(peer))
    if (leave === null) socket.destroy()
    else socket.once('close', leave)
  })
}
