/** The compactor's thread: joins the entries of one text at a time. */
import { planCompaction } from '../plan/plan-compaction.ts'
import { answerJobs } from '../threads/job-thread.ts'

answerJobs(planCompaction)
