// automerge-repo as its users run it: a Repo over the real WebSocket adapter.

import type { AutomergeUrl, DocHandle, PeerId } from '@automerge/automerge-repo'
import { Repo } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { decode } from 'cbor-x'
import { until } from './until.ts'

export type RecordHandle = DocHandle<Record<string, unknown>>

export class RepoClient {
  readonly repo: Repo
  readonly #adapter: WebSocketClientAdapter

  constructor(socketUrl: string, name: string, token = name) {
    this.#adapter = new WebSocketClientAdapter(`${socketUrl}/automerge?token=${token}`, 200)
    this.repo = new Repo({
      network: [this.#adapter],
      peerId: `${name}-${Math.random()}` as PeerId,
      enableRemoteHeadsGossiping: true,
    })
  }

  async find(url: string): Promise<RecordHandle> {
    return this.repo.find<Record<string, unknown>>(url as AutomergeUrl)
  }

  /** Refusals that the server has told this socket; the adapter itself only drops them. */
  readonly errors: string[] = []

  /** Listens beside the adapter to what the server sends. */
  onFrame(listener: () => void): void {
    this.#adapter.socket?.addEventListener('message', (event) => {
      const message = decode(new Uint8Array(event.data as ArrayBuffer)) as { type: string; message?: string }
      if (message.type === 'error') this.errors.push(message.message ?? '')
      listener()
    })
  }

  /** Waits for the connection first: the adapter cannot break off one that is being made. */
  async goOffline(): Promise<void> {
    await until(() => this.repo.peers.length > 0, 'the connection')
    this.repo.networkSubsystem.disconnect()
  }

  goOnline(): void {
    this.repo.networkSubsystem.reconnect()
  }

  async destroy(): Promise<void> {
    if (this.#adapter.socket !== undefined) await this.repo.shutdown()
  }
}
