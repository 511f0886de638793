/** Plans compactions in a thread that may be killed: reading a text takes as long as its history is. */
import type { CompactionPlan, CompactionRequest } from '../plan/plan-compaction.ts'
import type { JobWorker } from '../threads/job-worker.ts'
import { createJobWorker } from '../threads/job-worker.ts'
import { threadModule } from '../threads/start-thread.ts'

const DEADLINE_MS = 120_000
const HEAP_MB_MAX = 1_024

/** The thread is started with the first request, and is to be closed. */
export const createCompactionWorker = (): JobWorker<CompactionRequest, CompactionPlan> =>
  createJobWorker({
    entry: threadModule(import.meta.url, 'compaction-thread'),
    deadlineMs: DEADLINE_MS,
    heapMbMax: HEAP_MB_MAX,
  })
