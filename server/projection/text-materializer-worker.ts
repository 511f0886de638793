/** The materializer's thread: replays one journal after the other and answers with the texts of each. */
import { answerJobs } from '../threads/job-thread.ts'
import { unpackBytes } from '../threads/packed-bytes.ts'
import type { PackedReplays, Replayed } from './text-materializer.ts'
import type { TextReplay } from './text-replay.ts'
import { replayText } from './text-replay.ts'

answerJobs((job: PackedReplays): readonly Replayed[] => {
  const parts = [...unpackBytes(job)]
  let taken = 0
  return job.replays.map(({ texts, wantSnapshot, updates: count }) => {
    const updates = parts.slice(taken, taken + count)
    taken += count
    return replayed({ texts, wantSnapshot, updates })
  })
})

/** What Yjs throws on one of them does not keep the others from being read. */
function replayed(replay: TextReplay): Replayed {
  try {
    return { ok: true, text: replayText(replay) }
  } catch (error) {
    return { ok: false, reason: String(error) }
  }
}
