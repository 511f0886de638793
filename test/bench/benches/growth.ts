// What becomes dearer as history grows, and what memory and disk it takes.
import type { Bench } from '../bench-context.ts'
import { recordCosts, textCosts } from './growth-cost.ts'
import { diskTables } from './growth-disk.ts'
import { budget, memory } from './growth-space.ts'

export const growth: Bench = {
  name: 'growth',
  title: 'Growth',
  method:
    'Texts and records of the same size with one, ten and a hundred times the history are stored, the server is started anew, and each is opened and then written to, one after the other; others of the smallest kind go before, so that what is measured is compiled. Costs are CPU time of the server. Memory is resident, after a garbage collection. The size on disk is that of the data folder after a graceful stop, less that of an empty one; compacted, after `compact --older-than 0`, where the parts are pages of the file by what they are for: the history is the journal, beside which stand the text in its table, as SQL reads it, and the search index; the smallest encoding is the least of Yjs V1, Yjs V2 and, for one author, Automerge. The history of the paper is sent ten edits at a time, the others as they were made.',
  async run(context) {
    return [
      await textCosts(context),
      await recordCosts(context),
      await memory(context),
      await budget(context),
      ...(await diskTables(context)),
    ]
  },
}
