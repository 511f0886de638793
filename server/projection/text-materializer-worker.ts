/** The materializer's thread: replays one journal at a time and answers with its texts. */
import { answerJobs } from '../threads/job-thread.ts'
import type { PackedReplay } from './packed-replay.ts'
import { unpackUpdates } from './packed-replay.ts'
import { replayText } from './text-replay.ts'

answerJobs((job: PackedReplay) => replayText({ ...job, updates: unpackUpdates(job) }))
