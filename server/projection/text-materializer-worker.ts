/** The materializer's thread: replays one journal after the other and answers with the texts of each. */
import { answerJobs } from '../threads/job-thread.ts'
import { unpackBytes } from '../threads/packed-bytes.ts'
import { HeldDocuments } from './held-documents.ts'
import type { PackedReplay, PackedReplays, Replayed } from './text-materializer.ts'
import { readTexts, replayedDoc } from './text-replay.ts'

const held = new HeldDocuments(() => performance.now())
const LOOK_MS = 5_000
setInterval(() => held.dropIdle(), LOOK_MS)

answerJobs((job: PackedReplays): readonly Replayed[] => {
  const parts = [...unpackBytes(job)]
  let taken = 0
  return job.replays.map((replay) => {
    const updates = parts.slice(taken, taken + replay.updates)
    taken += replay.updates
    return replayed(replay, updates)
  })
})

/** What Yjs throws on one of them does not keep the others from being read. */
function replayed(replay: PackedReplay, updates: readonly Uint8Array[]): Replayed {
  const { name, onto, version, isToBeHeld } = replay
  try {
    const before = onto === null ? null : held.take(name, onto)
    if (before === null && onto !== null) return { status: 'not-held' }
    const doc = replayedDoc(updates, before?.doc)
    const text = readTexts(doc, replay)
    const bytes = updates.reduce((sum, { byteLength }) => sum + byteLength, before?.bytes ?? 0)
    if (isToBeHeld) held.keep(name, { doc, version, bytes })
    return { status: 'read', text }
  } catch (error) {
    return { status: 'refused', reason: String(error) }
  }
}
