/** The materializer's thread: replays one journal at a time and answers with its texts. */
import { answerJobs } from '../threads/job-thread.ts'
import { unpackBytes } from '../threads/packed-bytes.ts'
import type { PackedReplay } from './text-materializer.ts'
import { replayText } from './text-replay.ts'

answerJobs((job: PackedReplay) => replayText({ ...job, updates: unpackBytes(job) }))
