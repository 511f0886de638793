/** The channels of a connection: opened anew with every socket, each with what its holder knows by then. */
import type { ClientMessage } from '../../shared/sync/messages.ts'
import type { Channel, ChannelEvent, ChannelHolder, ChannelKind, ChannelRequest } from './sync-connection.ts'

/** Sends if there is a connection. @returns whether there is. */
type Send = (message: ClientMessage) => boolean

export class ChannelSet {
  readonly #send: Send
  /** By number, in the order in which they were opened. Numbers are not used again. */
  readonly #holders = new Map<number, ChannelHolder<ChannelKind>>()
  /** Those that the other side knows of, on this socket. */
  readonly #opened = new Set<number>()
  #last = 0

  constructor(send: Send) {
    this.#send = send
  }

  open<Kind extends ChannelKind>(holder: ChannelHolder<Kind>): Channel {
    this.#last += 1
    const channel = this.#last
    this.#holders.set(channel, holder)
    this.#open(channel, holder)
    return {
      send: (request: ChannelRequest) => this.#holders.has(channel) && this.#send({ ...request, channel }),
      close: () => {
        if (this.#holders.delete(channel) && this.#opened.delete(channel))
          this.#send({ type: 'close', channel })
      },
    }
  }

  /** There is a connection: those that the other side does not know of are opened. */
  openAll(): void {
    for (const [channel, holder] of this.#holders) if (!this.#opened.has(channel)) this.#open(channel, holder)
  }

  /** The connection has gone. */
  lost(): void {
    this.#opened.clear()
    for (const holder of [...this.#holders.values()]) holder.lost?.()
  }

  /** What comes for a channel that was closed meanwhile is dropped. */
  receive(event: ChannelEvent): void {
    const holder = this.#holders.get(event.channel)
    if (event.type === 'closed') {
      this.#holders.delete(event.channel)
      this.#opened.delete(event.channel)
    }
    holder?.receive(event)
  }

  #open(channel: number, holder: ChannelHolder<ChannelKind>): void {
    if (this.#send({ ...holder.opening(), channel })) this.#opened.add(channel)
  }
}
