// A thread, which tells its number to who asks for it, whose jobs take as long as they are told to: without end, if they are told so.
import { threadId } from 'node:worker_threads'
import { answerJobs } from '../../../server/threads/job-thread.ts'

answerJobs(({ name, spinMs }: { readonly name: string; readonly spinMs: number }) => {
  const end = performance.now() + spinMs
  while (performance.now() < end);
  return name === 'thread' ? `thread ${threadId}` : name
})
