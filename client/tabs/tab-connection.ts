/** A tab's connection: what it would say to the server it says to the tab that leads, and hears it from there. */
import { decodeClientMessage } from '../../shared/sync/codec.ts'
import type { ActionResult, ClientMessage, ServerMessage } from '../../shared/sync/messages.ts'
import { ActionLine } from '../connection/action-line.ts'
import { ChangeLine } from '../connection/change-line.ts'
import { ChannelSet } from '../connection/channel-set.ts'
import type {
  Channel,
  ChannelHolder,
  ChannelKind,
  ConnectionStatus,
  SyncConnection,
} from '../connection/sync-connection.ts'
import type { ToLeader } from './tab-messages.ts'

export class TabConnection implements SyncConnection {
  readonly #post: (message: ToLeader) => void
  readonly #listeners = new Set<(status: ConnectionStatus) => void>()
  readonly #channels = new ChannelSet((message) => this.#sendOnline(message))
  // The line has made the frame of a message of its own.
  readonly #changes = new ChangeLine((frame) =>
    this.#send(decodeClientMessage(frame) as unknown as ClientMessage),
  )
  readonly #actions = new ActionLine((message) => this.#sendOnline(message))
  #status: ConnectionStatus = { name: 'idle' }
  #isWanting = false

  /** @param post reaches the tab that leads, if there is one. */
  constructor(post: (message: ToLeader) => void) {
    this.#post = post
  }

  get status(): ConnectionStatus {
    return this.#status
  }

  /** Whether this tab wants a connection: there is one as long as any tab does. */
  get isWanting(): boolean {
    return this.#isWanting
  }

  onStatus(listener: (status: ConnectionStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#want(true)
  }

  stop(): void {
    this.#want(false)
  }

  open<Kind extends ChannelKind>(holder: ChannelHolder<Kind>): Channel {
    return this.#channels.open(holder)
  }

  submit(change: Parameters<SyncConnection['submit']>[0]): ReturnType<SyncConnection['submit']> {
    return this.#changes.submit(change)
  }

  act(...asked: Parameters<SyncConnection['act']>): Promise<ActionResult> {
    return this.#actions.act(...asked)
  }

  /** The leader's connection is like this now; a tab that wants none has none. */
  become(status: ConnectionStatus): void {
    const wasOnline = this.#status.name === 'online'
    this.#status = status
    if (wasOnline) {
      this.#changes.window = null
      this.#actions.lost()
      this.#channels.lost()
    }
    for (const listener of [...this.#listeners]) listener(this.#status)
    if (this.#status.name !== 'online') return
    this.#channels.openAll()
    this.#changes.window = this.#status.welcome
  }

  receive(message: ServerMessage): void {
    switch (message.type) {
      case 'changed':
        return this.#changes.receive(message.id, message.result)
      case 'acted':
        return this.#actions.receive(message.request, message.result)
      case 'welcome':
      case 'renewed':
      case 'pong':
        return
      default:
        return this.#channels.receive(message)
    }
  }

  #want(isWanting: boolean): void {
    this.#isWanting = isWanting
    this.#post({ type: 'want', isWanting })
  }

  #sendOnline(message: ClientMessage): boolean {
    if (this.#status.name !== 'online') return false
    this.#send(message)
    return true
  }

  #send(message: ClientMessage): void {
    this.#post({ type: 'up', message })
  }
}
