/** A text's journal as people read it: what one author has typed in a row is one step of its history. */
import type { DoorName } from '../../../shared/record/origin.ts'
import type { EntryOutline } from '../../storage/inspection-storage.ts'

/** Updates of one author that follow each other. */
export interface TextRun {
  /** Text versions, first and last; the text as it was after the last is `?at=<to>`. */
  readonly from: number
  readonly to: number
  readonly author: string
  readonly door: DoorName
  readonly device: string | null
  /** When the first and the last were received, ISO 8601. */
  readonly startedAt: string
  readonly endedAt: string
  readonly updates: number
  readonly bytes: number
}

export interface TextRunPage {
  /** Newest first. */
  readonly items: readonly TextRun[]
  /** The version below which the next page starts; null on the last one. */
  readonly next: number | null
}

/** A pause after which what the same author types is a step of its own. */
const PAUSE_MS = 60_000
const READ_AT_ONCE = 500
/** Of one page: past that it ends early. */
const ENTRIES_MAX = 5_000

/** @param read entries below a version, the newest first. */
export async function textRuns(
  read: (before: number | null, limit: number) => Promise<readonly EntryOutline[]>,
  before: number | null,
  limit: number,
): Promise<TextRunPage> {
  const items: TextRun[] = []
  let open: TextRun | null = null
  let next = before
  for (let seen = 0; seen < ENTRIES_MAX; ) {
    const entries = await read(next, READ_AT_ONCE)
    for (const entry of entries) {
      if (entry.kind !== 'update') continue
      const joined: TextRun | null = open === null ? null : joinedTo(open, entry)
      if (joined === null && open !== null) items.push(open)
      if (items.length === limit) return { items, next: entry.version + 1 }
      open = joined ?? runOf(entry)
    }
    seen += entries.length
    next = entries.at(-1)?.version ?? next
    if (entries.length < READ_AT_ONCE) {
      if (open !== null) items.push(open)
      return { items, next: null }
    }
  }
  if (open !== null) items.push(open)
  return { items, next }
}

const runOf = ({ version, bytes, origin }: EntryOutline): TextRun => ({
  from: version,
  to: version,
  author: origin.subject,
  door: origin.door,
  device: origin.device,
  startedAt: origin.receivedAt,
  endedAt: origin.receivedAt,
  updates: 1,
  bytes,
})

/** @returns null if the entry, which is older, is no part of the run. */
function joinedTo(run: TextRun, { version, bytes, origin }: EntryOutline): TextRun | null {
  const { subject, door, device, receivedAt } = origin
  if (run.author !== subject || run.door !== door || run.device !== device) return null
  if (Date.parse(run.startedAt) - Date.parse(receivedAt) > PAUSE_MS) return null
  return { ...run, from: version, startedAt: receivedAt, updates: run.updates + 1, bytes: run.bytes + bytes }
}
