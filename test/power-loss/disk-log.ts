// Reads the log of disk-shim.c and works out what a disk may hold after a power failure.
import type { SeededRandom } from '../support/seeded-random.ts'

/** Files by name. */
export type DiskContent = ReadonlyMap<string, Uint8Array>

/**
 * What of the data that was not synchronized survives: `nothing`, or `some`: any of the written pieces of 4 KiB, in no
 * order, and the first so many of the changes to the folder.
 */
export type Survival = { readonly of: 'nothing' } | { readonly of: 'some'; readonly random: SeededRandom }

const HEAD_BYTES = 32
const MAGIC = 0x4b534944
const PIECE_BYTES = 4_096

const operations = [
  'none',
  'open',
  'create',
  'write',
  'truncate',
  'sync',
  'sync-folder',
  'unlink',
  'rename',
  'sync-failed',
] as const

interface LogEntry {
  readonly operation: (typeof operations)[number]
  readonly inode: bigint
  readonly offset: number
  readonly name: string
  readonly data: Uint8Array
}

/** The last entry of a process that was killed may be cut off; it is left out. */
export function* readDiskLog(log: Uint8Array): Generator<LogEntry> {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength)
  for (let at = 0; at + HEAD_BYTES <= log.byteLength; ) {
    if (view.getUint32(at, true) !== MAGIC)
      throw new Error(`byte ${at} of the disk log is not the start of an entry`)
    const nameBytes = view.getUint16(at + 6, true)
    const dataBytes = Number(view.getBigUint64(at + 24, true))
    const nameAt = at + HEAD_BYTES
    const end = nameAt + nameBytes + dataBytes
    if (end > log.byteLength) return
    yield {
      operation: operations[view.getUint16(at + 4, true)] ?? 'none',
      inode: view.getBigUint64(at + 8, true),
      offset: Number(view.getBigUint64(at + 16, true)),
      name: Buffer.from(log.subarray(nameAt, nameAt + nameBytes)).toString(),
      data: log.subarray(nameAt + nameBytes, end),
    }
    at = end
  }
}

/**
 * @param before what was on the disk when the process started, all of it durable.
 * @param log what the process did since.
 */
export function diskAfterPowerLoss(before: DiskContent, log: Uint8Array, survival: Survival): DiskContent {
  const disk = new SimulatedDisk(before, survival)
  for (const entry of readDiskLog(log)) disk.apply(entry)
  return disk.afterPowerLoss()
}

type FolderChange = (names: Map<string, SimulatedFile>) => void

class SimulatedDisk {
  readonly #survival: Survival
  /** Names as they are on the disk for sure. */
  readonly #durable = new Map<string, SimulatedFile>()
  /** Names as the process sees them. */
  readonly #seen = new Map<string, SimulatedFile>()
  readonly #inodes = new Map<bigint, SimulatedFile>()
  #pending: FolderChange[] = []

  constructor(before: DiskContent, survival: Survival) {
    this.#survival = survival
    for (const [name, bytes] of before) {
      const file = new SimulatedFile(bytes)
      this.#durable.set(name, file)
      this.#seen.set(name, file)
    }
  }

  apply(entry: LogEntry): void {
    switch (entry.operation) {
      case 'open': {
        const file = this.#seen.get(entry.name)
        if (file === undefined) throw new Error(`${entry.name} was opened and is not known`)
        this.#inodes.set(entry.inode, file)
        return
      }
      case 'create': {
        const file = new SimulatedFile(new Uint8Array())
        this.#inodes.set(entry.inode, file)
        return this.#change((names) => void names.set(entry.name, file))
      }
      case 'unlink':
        return this.#change((names) => void names.delete(entry.name))
      case 'rename':
        return this.#change((names) => rename(names, entry.name, Buffer.from(entry.data).toString()))
      case 'sync-folder':
        for (const change of this.#pending) change(this.#durable)
        this.#pending = []
        return
      case 'write':
        return this.#file(entry).write(entry.offset, entry.data)
      case 'truncate':
        return this.#file(entry).truncate(entry.offset)
      case 'sync':
        return this.#file(entry).sync()
      case 'sync-failed':
        return this.#file(entry).lose(this.#survival)
      case 'none':
        throw new Error('the disk log names an operation that does not exist')
    }
  }

  afterPowerLoss(): DiskContent {
    const kept = this.#survival.of === 'nothing' ? 0 : this.#survival.random.int(0, this.#pending.length)
    for (const change of this.#pending.slice(0, kept)) change(this.#durable)
    return new Map([...this.#durable].map(([name, file]) => [name, file.afterPowerLoss(this.#survival)]))
  }

  #change(change: FolderChange): void {
    change(this.#seen)
    this.#pending.push(change)
  }

  #file({ inode }: LogEntry): SimulatedFile {
    const file = this.#inodes.get(inode)
    if (file === undefined) throw new Error(`inode ${inode} was used before it was opened`)
    return file
  }
}

function rename(names: Map<string, SimulatedFile>, from: string, to: string): void {
  const file = names.get(from)
  if (file === undefined) return
  names.delete(from)
  names.set(to, file)
}

type FileChange =
  | { readonly kind: 'write'; readonly offset: number; readonly data: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number }

class SimulatedFile {
  #bytes: Uint8Array
  #length: number
  #pending: FileChange[] = []

  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes)
    this.#length = bytes.byteLength
  }

  write(offset: number, data: Uint8Array): void {
    this.#pending.push({ kind: 'write', offset, data })
  }

  truncate(length: number): void {
    this.#pending.push({ kind: 'truncate', length })
  }

  sync(): void {
    for (const change of this.#pending) this.#apply(change)
    this.#pending = []
  }

  /** After a failed fsync the kernel takes the pages for clean: a later fsync does not write them. */
  lose(survival: Survival): void {
    if (survival.of === 'some') this.#applySome(survival.random)
    this.#pending = []
  }

  afterPowerLoss(survival: Survival): Uint8Array {
    this.lose(survival)
    return this.#bytes.slice(0, this.#length)
  }

  #applySome(random: SeededRandom): void {
    // From none to all: each share shows other faults.
    const share = random.next()
    for (const change of this.#pending) {
      if (change.kind === 'truncate') {
        if (random.chance(share)) this.#apply(change)
        continue
      }
      for (const piece of piecesOf(change.offset, change.data)) if (random.chance(share)) this.#apply(piece)
    }
  }

  #apply(change: FileChange): void {
    if (change.kind === 'truncate') {
      this.#reserve(change.length)
      if (change.length < this.#length) this.#bytes.fill(0, change.length, this.#length)
      this.#length = change.length
      return
    }
    const end = change.offset + change.data.byteLength
    this.#reserve(end)
    this.#bytes.set(change.data, change.offset)
    this.#length = Math.max(this.#length, end)
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.byteLength) return
    const grown = new Uint8Array(Math.max(length, this.#bytes.byteLength * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** Cut at the disk's own boundaries. */
function* piecesOf(offset: number, data: Uint8Array): Generator<FileChange> {
  for (let at = 0; at < data.byteLength; ) {
    const end = Math.min(data.byteLength, at + PIECE_BYTES - ((offset + at) % PIECE_BYTES))
    yield { kind: 'write', offset: offset + at, data: data.subarray(at, end) }
    at = end
  }
}
