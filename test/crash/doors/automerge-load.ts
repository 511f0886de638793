// Two automerge-repo clients of one record, over the real adapter. A change is acknowledged when the server reports
// heads that contain it, under its own storage id.
import * as Automerge from '@automerge/automerge'
import type { AutomergeUrl, DocumentId, StorageId } from '@automerge/automerge-repo'
import { decodeHeads, Repo } from '@automerge/automerge-repo'
import type { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { decode } from 'cbor-x'
import { LastingAdapter } from '../../support/lasting-adapter.ts'
import type { RecordHandle } from '../../support/repo-client.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { LoadDoor } from '../crash-target.ts'
import { eventually } from '../eventually.ts'
import type { Finding } from '../ledger.ts'
import { Ledger } from '../ledger.ts'
import { asked, pause } from './pause.ts'

export class AutomergeLoad implements LoadDoor {
  readonly name = 'automerge'
  readonly #url: string
  readonly #path: string
  readonly #ledger = new Ledger()
  readonly #replicas: readonly Replica[]

  constructor(url: string, socketUrl: string, record = 'automerge') {
    this.#url = url
    this.#path = `/v1/records/ledgers/${record}`
    this.#replicas = ['repo-ann', 'repo-bob'].map((name) => new Replica(socketUrl, name, this.#ledger))
  }

  get figures(): Ledger {
    return this.#ledger
  }

  async prepare(): Promise<void> {
    const { body } = await asked(this.#url, 'PUT', this.#path, {})
    for (const replica of this.#replicas) {
      await replica.open(body.automergeUrl)
      await replica.close()
    }
  }

  async load(signal: AbortSignal, random: SeededRandom, slowness = 1): Promise<void> {
    await Promise.all(
      this.#replicas.map(async (replica) => {
        await replica.open()
        while (!signal.aborted) {
          replica.write(random.int(1, 9))
          await pause(random.int(5, 30) * slowness, signal)
        }
        await replica.close()
      }),
    )
  }

  async check(): Promise<readonly Finding[]> {
    return this.#ledger.compare(await this.#read())
  }

  async finish(): Promise<void> {
    for (const replica of this.#replicas) await replica.open()
    await eventually(() => {
      for (const replica of this.#replicas) replica.look()
      return this.#ledger.unacknowledged.length === 0
    }, 'the server to report heads that contain every change').catch(async (error: unknown) => {
      throw new Error(await this.#describe(), { cause: error })
    })
    for (const replica of this.#replicas) await replica.close()
  }

  checkFinished(): Promise<readonly Finding[]> {
    return this.check()
  }

  /** What each side has of what is not acknowledged, for whoever looks for the reason. */
  async #describe(): Promise<string> {
    const { tokens } = await this.#read()
    const missing = this.#ledger.unacknowledged
    const replicas = this.#replicas.map((replica) => replica.describe(tokens, missing))
    const stored = missing.filter((token) => tokens.includes(token)).length
    return `not acknowledged: ${missing.length}, of which the server has ${stored}; ${replicas.join('; ')}`
  }

  async #read(): Promise<{ tokens: readonly string[]; total: { value: number; isExact: boolean } }> {
    const { body } = await asked(this.#url, 'GET', this.#path)
    return { tokens: body.fields?.tokens ?? [], total: { value: body.fields?.total ?? 0, isExact: true } }
  }
}

/** A client that keeps its document in a file between sessions, as a tab does in IndexedDB. */
class Replica {
  readonly #socketUrl: string
  readonly #name: string
  readonly #ledger: Ledger
  /** The heads that the server has reported and that were not looked at yet. */
  #stored: Automerge.Heads | null = null
  /** Refusals that the server has told, which the adapter only drops, and ends of connections. */
  readonly #errors: string[] = []
  #written = 0
  #url: AutomergeUrl | null = null
  #kept: Uint8Array | null = null
  #session: { readonly repo: Repo; readonly handle: RecordHandle } | null = null

  constructor(socketUrl: string, name: string, ledger: Ledger) {
    this.#socketUrl = socketUrl
    this.#name = name
    this.#ledger = ledger
  }

  async open(url?: AutomergeUrl): Promise<void> {
    this.#url = url ?? this.#url
    if (this.#url === null) throw new Error('the record has no URL yet')
    const adapter = new KilledServerAdapter(`${this.#socketUrl}/automerge?token=${this.#name}`, (error) =>
      this.#errors.push(error),
    )
    const repo = new Repo({ network: [adapter], enableRemoteHeadsGossiping: true })
    repo.networkSubsystem.on('peer', ({ peerMetadata }) =>
      repo.subscribeToRemotes([peerMetadata.storageId as StorageId]),
    )
    // After a second without a connection the adapter calls every document unavailable.
    if (this.#kept === null) await eventually(() => repo.peers.length > 0, 'the connection')
    const handle: RecordHandle =
      this.#kept === null
        ? await repo.find<Record<string, unknown>>(this.#url)
        : repo.import<Record<string, unknown>>(this.#kept, {
            docId: this.#url.slice('automerge:'.length) as DocumentId,
          })
    handle.on('remote-heads', ({ heads }) => {
      this.#stored = decodeHeads(heads)
    })
    this.#session = { repo, handle }
  }

  async close(): Promise<void> {
    const session = this.#session
    if (session === null) return
    this.look()
    this.#session = null
    this.#stored = null
    this.#kept = (await session.repo.export(session.handle.documentId)) ?? this.#kept
    await session.repo.shutdown()
  }

  write(amount: number): void {
    const handle = this.#session?.handle
    if (handle === undefined) return
    const token = `${this.#name}#${this.#written++}`
    this.#ledger.send(token, amount)
    handle.change((root) => {
      const { tokens, total } = root as unknown as Ledgers
      tokens[token] = true
      total.increment(amount)
    })
    if (this.#written % WRITES_PER_LOOK === 0) this.look()
  }

  describe(onServer: readonly string[], missing: readonly string[]): string {
    const doc = this.#session?.handle.doc() as unknown as Ledgers | undefined
    const has = (token: string): boolean => doc?.tokens[token] === true
    return (
      `${this.#name} has ${missing.filter(has).length} of them and lacks ` +
      `${onServer.filter((token) => !has(token)).length} of the server's; ` +
      `reported heads ${this.#stored === null ? 'looked at' : 'not known to it'}; lately ${this.#errors.slice(-3).join()}`
    )
  }

  /** Acknowledges what the heads that the server has reported last contain, if this replica knows them. */
  look(): void {
    const heads = this.#stored
    const doc = this.#session?.handle.doc()
    if (heads === null || doc === undefined || !Automerge.hasHeads(doc, heads)) return
    this.#stored = null
    const { tokens } = Automerge.view(doc, heads) as unknown as Ledgers
    for (const token of Object.keys(tokens)) if (this.#ledger.has(token)) this.#ledger.acknowledge(token)
  }
}

/** Looking at an earlier version costs as much as the document is long. */
const WRITES_PER_LOOK = 8

interface Ledgers {
  readonly tokens: Record<string, boolean>
  readonly total: { increment(by: number): void }
}

const RETRY_MS = 2_000

/** It tells what the server refuses, and does not come back uncalled once it is over. */
class KilledServerAdapter extends LastingAdapter {
  #isOver = false

  constructor(url: string, onRefusal: (reason: string) => void) {
    super(url, RETRY_MS)
    const [receive, closed] = [this.onMessage, this.onClose]
    this.onMessage = (event) => {
      const message = decode(new Uint8Array(event.data as ArrayBuffer)) as { type: string; message?: string }
      if (message.type === 'error') onRefusal(message.message ?? '')
      receive(event)
    }
    this.onClose = () => {
      onRefusal('closed')
      closed()
    }
  }

  override connect(...peer: Parameters<WebSocketClientAdapter['connect']>): void {
    if (this.#isOver) return
    super.connect(...peer)
  }

  override send(message: Parameters<WebSocketClientAdapter['send']>[0]): void {
    if (this.socket?.readyState === 1) super.send(message)
  }

  override disconnect(): void {
    this.#isOver = true
    if (this.socket !== undefined) super.disconnect()
  }
}
