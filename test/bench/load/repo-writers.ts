// Those who change records with automerge-repo's own, unmodified client: the part of them that lives in one process of the
// generator. It gathers what is changed within a tenth of a second, so its users make several changes at once here.
import * as Automerge from '@automerge/automerge'
import type { DocHandle, DocumentId, UrlHeads } from '@automerge/automerge-repo'
import { decodeHeads, Repo } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { newRecord } from '../../../client/automerge/new-record.ts'
import config from '../sluice.config.ts'
import type { Address } from '../targets.ts'
import type { Written } from './timed-writes.ts'
import { timedWrites } from './timed-writes.ts'

export interface RepoWritersInput {
  readonly address: Address
  /** One list for each who writes: the ids of the records that he writes to, in turn. */
  readonly writers: readonly (readonly string[])[]
  /** Records of one writer that have changes on their way at once. */
  readonly ahead: number
  /** Changes that are made to a record at once. */
  readonly changes: number
}

interface Fields {
  price: number
}

interface Writer {
  readonly repo: Repo
  readonly handles: readonly DocHandle<Fields>[]
  written: number
}

const RETRY_MS = 1_000
const OPENED_AT_ONCE = 100

export class RepoWriters {
  readonly #input: RepoWritersInput
  readonly #writers: Writer[] = []

  constructor(input: RepoWritersInput) {
    this.#input = input
  }

  /** Creates the records, and waits until the server has them. */
  async open(): Promise<void> {
    const { address, writers } = this.#input
    const path = address.name === 'sluice' ? '/automerge' : '/'
    for (const ids of writers) {
      const adapter = new WebSocketClientAdapter(`ws://127.0.0.1:${address.port}${path}`, RETRY_MS)
      const repo = new Repo({ network: [adapter], enableRemoteHeadsGossiping: true })
      await repo.networkSubsystem.whenReady()
      const handles: DocHandle<Fields>[] = []
      for (let from = 0; from < ids.length; from += OPENED_AT_ONCE) {
        const lot = ids.slice(from, from + OPENED_AT_ONCE).map((id) => imported(repo, id))
        await Promise.all(lot.map(untilHad))
        handles.push(...lot)
      }
      this.#writers.push({ repo, handles, written: 0 })
    }
  }

  async write({ seconds }: { readonly seconds: number }): Promise<Written> {
    const { ahead, changes } = this.#input
    const one = (writer: Writer): Promise<void> => {
      const count = ++writer.written
      const handle = writer.handles[count % writer.handles.length]
      if (handle === undefined) throw new RangeError('a writer has no records')
      for (let n = 0; n < changes; n++)
        handle.change((doc) => {
          doc.price = count * changes + n
        })
      return untilHad(handle)
    }
    const writes = this.#writers.flatMap((writer) => Array.from({ length: ahead }, () => () => one(writer)))
    return timedWrites(seconds, writes)
  }

  /** @returns the heads of each document, once nobody changes any. */
  heads(): ReadonlyMap<string, readonly string[]> {
    return new Map(
      this.#writers.flatMap(({ handles }) =>
        handles.map((handle) => [handle.documentId, [...handle.heads()].sort()] as const),
      ),
    )
  }

  close(): void {
    for (const { repo } of this.#writers) repo.networkSubsystem.disconnect()
  }
}

/** Resolves once the server names heads that contain what the handle has now. */
function untilHad(handle: DocHandle<Fields>): Promise<void> {
  const made = Automerge.getHeads(handle.doc())
  return new Promise((resolve) => {
    const look = ({ heads }: { readonly heads: UrlHeads }): void => {
      const doc = handle.doc()
      const had = decodeHeads(heads)
      if (Automerge.getMissingDeps(doc, had).length > 0) return
      const lacking = new Set(Automerge.getChangesMetaSince(doc, had).map(({ hash }) => hash))
      if (made.some((hash) => lacking.has(hash))) return
      handle.off('remote-heads', look)
      resolve()
    }
    handle.on('remote-heads', look)
  })
}

function imported(repo: Repo, id: string): DocHandle<Fields> {
  const { documentId, binary } = newRecord(config, { collection: 'items', id })
  return repo.import<Fields>(binary, { docId: documentId as DocumentId })
}
