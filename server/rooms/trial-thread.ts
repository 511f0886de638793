/** A thread of the gate's (W6): tries one payload at a time, and is killed if one takes too long. */

import { tryText } from '../gate/text-trial.ts'
import { tryChanges } from '../plan/change-trial.ts'
import { answerJobs } from '../threads/job-thread.ts'
import type { PackedTrial } from './packed-trial.ts'
import { packTried, unpackTrial } from './packed-trial.ts'

answerJobs((packed: PackedTrial) => {
  const trial = unpackTrial(packed)
  return packTried(trial.kind === 'text' ? tryText(trial) : tryChanges(trial))
})
