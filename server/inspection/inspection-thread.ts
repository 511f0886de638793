/** The inspector's thread: looks into one document at a time, and is killed if that takes too long. */
import { answerJobs } from '../threads/job-thread.ts'
import type { InspectionJob } from './inspection-job.ts'
import { inspect } from './inspection-job.ts'

answerJobs((job: InspectionJob) => inspect(job))
