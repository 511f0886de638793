// automerge-repo as its users run it: a Repo over the real WebSocket adapter.

import type { AutomergeUrl, DocHandle, PeerId } from '@automerge/automerge-repo'
import { Repo } from '@automerge/automerge-repo'
import { decode } from 'cbor-x'
import { LastingAdapter } from './lasting-adapter.ts'
import { until } from './until.ts'

export type RecordHandle = DocHandle<Record<string, unknown>>

interface Told {
  readonly type: string
  readonly message?: string
  readonly documentId?: string
}

export class RepoClient {
  readonly repo: Repo
  readonly #adapter: LastingAdapter
  readonly #socketUrl: string
  #isOffline = false

  constructor(socketUrl: string, name: string, token = name) {
    this.#socketUrl = socketUrl
    this.#adapter = new LastingAdapter(`${socketUrl}/automerge?token=${token}`, 200)
    this.repo = new Repo({
      network: [this.#adapter],
      peerId: `${name}-${Math.random()}` as PeerId,
      enableRemoteHeadsGossiping: true,
    })
  }

  /** Waits for the connection: after a second without one the adapter calls every document unavailable. */
  async find(url: string): Promise<RecordHandle> {
    if (!this.#isOffline) await until(() => this.repo.peers.length > 0, 'the connection')
    return this.repo.find<Record<string, unknown>>(url as AutomergeUrl)
  }

  /** Refusals that the server has told this socket; the adapter itself only drops them. */
  readonly errors: string[] = []

  /** What the server has sent, as it was on the wire. */
  readonly frames: Uint8Array[] = []

  /** Ids of the documents that the server has said it does not have. */
  readonly unavailable: string[] = []

  /** Listens beside the adapter to what the server sends. */
  onFrame(listener: () => void): void {
    this.#adapter.socket?.addEventListener('message', (event) => {
      const frame = new Uint8Array(event.data as ArrayBuffer)
      this.frames.push(frame)
      const message = decode(frame) as Told
      if (message.type === 'error') this.errors.push(message.message ?? '')
      if (message.type === 'doc-unavailable') this.unavailable.push(message.documentId ?? '')
      listener()
    })
  }

  /** Waits for the connection first: the adapter cannot break off one that is being made. */
  async goOffline(): Promise<void> {
    await until(() => this.repo.peers.length > 0, 'the connection')
    this.#isOffline = true
    this.repo.networkSubsystem.disconnect()
  }

  /** The adapter connects again by itself, to the address that it has then. */
  useToken(token: string): void {
    Object.assign(this.#adapter, { url: `${this.#socketUrl}/automerge?token=${token}` })
  }

  goOnline(): void {
    this.#isOffline = false
    this.repo.networkSubsystem.reconnect()
  }

  async destroy(): Promise<void> {
    if (this.#adapter.socket !== undefined) await this.repo.shutdown()
  }
}
