// Somebody who opens a document of an automerge-repo server, with the real client.
import type { AutomergeUrl, DocumentId } from '@automerge/automerge-repo'
import { Repo, stringifyAutomergeUrl } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { digestOfText } from './joiners.ts'
import { pause } from './measures.ts'

export interface RepoOpenerInput {
  readonly port: number
  readonly url: AutomergeUrl
  readonly digest: string
}

const RETRY_MS = 1_000
const OPEN_MS = 120_000

class CountingAdapter extends WebSocketClientAdapter {
  bytes = 0

  override onMessage = (event: Parameters<WebSocketClientAdapter['onMessage']>[0]): void => {
    this.bytes += (event.data as ArrayBuffer).byteLength
    this.receiveMessage(new Uint8Array(event.data as ArrayBuffer))
  }
}

export class RepoOpener {
  readonly #input: RepoOpenerInput

  constructor(input: RepoOpenerInput) {
    this.#input = input
  }

  /** @throws Error if it is not the text. */
  async open(): Promise<{ readonly ms: number; readonly bytes: number }> {
    const { port, url, digest } = this.#input
    const began = performance.now()
    const adapter = new CountingAdapter(`ws://127.0.0.1:${port}`, RETRY_MS)
    const repo = new Repo({ network: [adapter] })
    const handle = await repo.find<{ body: string }>(url)
    const { body } = handle.doc()
    const ms = performance.now() - began
    if (digestOfText(body) !== digest) throw new Error('wrong content: the text reads otherwise')
    const { bytes } = adapter
    await repo.shutdown()
    return { ms, bytes }
  }
}

/** Stores a document on a server, and resolves when another client gets it. */
export async function seedRepo(port: number, saved: Uint8Array, digest: string): Promise<AutomergeUrl> {
  const repo = new Repo({ network: [new WebSocketClientAdapter(`ws://127.0.0.1:${port}`, RETRY_MS)] })
  const { documentId } = repo.import<{ body: string }>(saved)
  const url = stringifyAutomergeUrl(documentId as DocumentId)
  for (const began = performance.now(); ; ) {
    try {
      await new RepoOpener({ port, url, digest }).open()
      await repo.shutdown()
      return url
    } catch (error) {
      if (performance.now() - began > OPEN_MS) throw error
      await pause(RETRY_MS)
    }
  }
}
