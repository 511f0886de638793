/**
 * A client store in one file, for Node: a log of batches, one line each. A batch is written and synchronized before it
 * counts, and a half-written last line is dropped when the file is opened. When most of the log is history it is
 * written anew beside the old file, which it then replaces by a rename.
 */
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decodeLog, encodeBatch } from './batch-line.ts'
import type { ClientStore, OpenStore, StoredValue, StoreWrite } from './client-store.ts'
import { StoreProblem } from './client-store.ts'
import { EntryTable } from './entry-table.ts'
import { lockFile } from './file-lock.ts'

/** From here on the log is written anew once it is four times what it holds. */
const COMPACT_BYTES_MIN = 256 * 1024

/** @param file is created, with its folder, if it does not exist. */
export const fileStore =
  (file: string): OpenStore =>
  async () => {
    try {
      await mkdir(dirname(file), { recursive: true })
      const unlock = await lockFile(file)
      return await openLog(file, unlock).catch(async (error) => {
        await unlock()
        throw error
      })
    } catch (error) {
      throw problemOf(error)
    }
  }

async function openLog(file: string, unlock: () => Promise<void>): Promise<ClientStore> {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  })
  const { batches, isTorn } = decodeLog(text)
  const table = new EntryTable()
  for (const batch of batches) table.apply(batch)
  const log = new LogFile(file)
  if (isTorn || text === '') await log.rewrite(table)
  else await log.openAt(Buffer.byteLength(text))
  return new FileStore(table, log, unlock)
}

/** The file itself: appends lines, and remembers how far it can be believed. */
class LogFile {
  readonly #file: string
  #handle: FileHandle | null = null
  #bytes = 0
  #bytesWhenWritten = 0

  constructor(file: string) {
    this.#file = file
  }

  get wantsRewrite(): boolean {
    return this.#handle === null || this.#bytes > Math.max(COMPACT_BYTES_MIN, 4 * this.#bytesWhenWritten)
  }

  async openAt(bytes: number): Promise<void> {
    this.#handle = await open(this.#file, 'r+')
    this.#bytes = bytes
    this.#bytesWhenWritten = bytes
  }

  /** After a failure the file is in doubt: it is not appended to any more, but written anew. */
  async append(line: string): Promise<void> {
    const handle = this.#handle
    if (handle === null) throw new RangeError('the file is not open')
    const bytes = Buffer.from(line)
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, this.#bytes + done)
        done += bytesWritten
      }
      await handle.datasync()
      this.#bytes += bytes.length
    } catch (error) {
      await handle.truncate(this.#bytes).catch(() => {})
      await this.close()
      throw error
    }
  }

  async rewrite(table: EntryTable): Promise<void> {
    const fresh = `${this.#file}.new`
    await this.close()
    try {
      const line = encodeBatch(table.writes())
      const handle = await open(fresh, 'w')
      try {
        await handle.writeFile(line)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(fresh, this.#file)
      await syncFolder(dirname(this.#file))
      await this.openAt(Buffer.byteLength(line))
    } catch (error) {
      await rm(fresh, { force: true }).catch(() => {})
      throw error
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    await handle?.close()
  }
}

interface Waiting {
  readonly writes: readonly StoreWrite[]
  readonly resolve: () => void
  readonly reject: (problem: StoreProblem) => void
}

class FileStore implements ClientStore {
  readonly #table: EntryTable
  readonly #log: LogFile
  readonly #unlock: () => Promise<void>
  #waiting: Waiting[] = []
  #running: Promise<void> | null = null

  constructor(table: EntryTable, log: LogFile, unlock: () => Promise<void>) {
    this.#table = table
    this.#log = log
    this.#unlock = unlock
  }

  async read(...[kind, key]: Parameters<ClientStore['read']>): Promise<StoredValue | undefined> {
    await this.#running
    return structuredClone(this.#table.read(kind, key))
  }

  async list(...[kind, prefix]: Parameters<ClientStore['list']>): ReturnType<ClientStore['list']> {
    await this.#running
    return structuredClone(this.#table.list(kind, prefix))
  }

  write(writes: readonly StoreWrite[]): Promise<void> {
    const own = structuredClone(writes)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ writes: own, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async close(): Promise<void> {
    await this.#running
    await this.#log.close()
    await this.#unlock()
  }

  /** What comes while a line is being synchronized shares the next one. */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const writes = batch.flatMap((one) => one.writes)
      try {
        await this.#save(writes)
        for (const { resolve } of batch) resolve()
      } catch (error) {
        const problem = problemOf(error)
        for (const { reject } of batch) reject(problem)
      }
    }
    this.#running = null
  }

  async #save(writes: readonly StoreWrite[]): Promise<void> {
    if (!this.#log.wantsRewrite) await this.#log.append(encodeBatch(writes))
    else {
      const next = new EntryTable()
      next.apply(this.#table.writes())
      next.apply(writes)
      await this.#log.rewrite(next)
    }
    this.#table.apply(writes)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function problemOf(error: unknown): StoreProblem {
  if (error instanceof StoreProblem) return error
  const message = error instanceof Error ? error.message : String(error)
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new StoreProblem('full', message, error)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreProblem('blocked', message, error)
    default:
      return new StoreProblem('failed', message, error)
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : null)
