/** The document saver's thread: saves one document after the other. */
import { savedDocument } from '../plan/saved-document.ts'
import { answerJobs } from '../threads/job-thread.ts'
import type { PackedBytes } from '../threads/packed-bytes.ts'
import { unpackDocument } from './document-saver.ts'

answerJobs((packed: PackedBytes) => savedDocument(unpackDocument(packed)))
