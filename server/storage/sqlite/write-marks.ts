/**
 * Tells, without a look at the database, whether what a record or a collection shows may have changed. Every write of a
 * store passes its one queue, in the thread that reads: the mark of what a job concerns moves on when the job is
 * answered, and there is none while it is on its way, since nobody knows then whether a read shows it. Names are counted
 * by their hash: two that share one make reads look again, and nothing else.
 */
import type { RecordScope } from '../storage.ts'
import type { WriteJob } from './write-job.ts'

const SLOTS = 2 ** 14
/** Counts what concerns all records. */
const ALL = 0

export class WriteMarks {
  readonly #ended = new Float64Array(SLOTS)
  readonly #underWay = new Uint32Array(SLOTS)

  /** @returns what is to be called when the job is answered, however. */
  begin(job: WriteJob): () => void {
    const slots = slotsOf(job)
    for (const slot of slots) this.#underWay[slot] = this.#at(this.#underWay, slot) + 1
    return () => {
      for (const slot of slots) {
        this.#underWay[slot] = this.#at(this.#underWay, slot) - 1
        this.#ended[slot] = this.#at(this.#ended, slot) + 1
      }
    }
  }

  /** Null while something is written to it. */
  of(scope: RecordScope): number | null {
    const slot = slotOf(scope)
    if (this.#at(this.#underWay, ALL) + this.#at(this.#underWay, slot) > 0) return null
    return this.#at(this.#ended, ALL) + this.#at(this.#ended, slot)
  }

  #at(counts: Float64Array | Uint32Array, slot: number): number {
    return counts[slot] ?? 0
  }
}

/** A record, and the collection that it is listed in. */
function slotsOf(job: WriteJob): readonly number[] {
  switch (job.type) {
    case 'commit':
    case 'erase':
      return slotsOfRecord(job.plan.key)
    case 'commit-text':
      return slotsOfRecord(job.projection.key)
    case 'write-tables':
    case 'reset-projection':
    case 'mark-projection-fresh':
      return [ALL]
    case 'keep-snapshots':
    case 'compact-text':
    case 'index-texts':
    case 'checkpoint':
    case 'keep-revocation':
    case 'forget-answers':
    case 'forget-events':
      return []
  }
}

const slotsOfRecord = ({ tenant, collection, id }: Required<RecordScope>): readonly number[] => [
  slotOf({ tenant, collection, id }),
  slotOf({ tenant, collection }),
]

function slotOf({ tenant, collection, id }: RecordScope): number {
  const hash = hashed(hashed(FNV_OFFSET, tenant), collection)
  return 1 + ((id === undefined ? hash : hashed(hash, id)) % (SLOTS - 1))
}

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** FNV-1a over the characters, and over an end, which no character is. */
function hashed(start: number, text: string): number {
  let hash = start
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME)
  return Math.imul(hash ^ END, FNV_PRIME) >>> 0
}

const END = 0x10000
