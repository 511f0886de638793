/** Trials that tell how long they take and how they end. */
import type { ErrorCode } from '../../shared/errors/error-table.ts'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Measures } from '../measures.ts'
import type { Trials } from './trials.ts'

export function measuredTrials(trials: Trials, measures: Measures): Trials {
  async function measured<T>(kind: 'text' | 'changes', trial: Promise<T>): Promise<T> {
    const began = measures.clock()
    const tell = (result: ErrorCode | 'passed'): void =>
      measures.tried(kind, result, measures.clock() - began)
    try {
      const tried = await trial
      tell('passed')
      return tried
    } catch (error) {
      tell(error instanceof SluiceError ? error.code : 'internal')
      throw error
    }
  }

  return {
    text: (trial) => measured('text', trials.text(trial)),
    changes: (trial) => measured('changes', trials.changes(trial)),
    close: () => trials.close(),
  }
}
