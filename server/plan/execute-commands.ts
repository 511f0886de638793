/** Carries out the commands of one plan, each of which may have been answered before, and says what answers are kept. */
import type { RecordKey } from '../../shared/record/record-key.ts'
import { executeCommand } from './execute-command.ts'
import { placed } from './placed.ts'
import type { KeptAnswer } from './plan.ts'
import type { PlanContext } from './plan-record.ts'
import type { PlanSteps } from './plan-steps.ts'
import type { FieldResult, Keep, RecordCommand, RecordOutcome } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'

/** A command whose idempotency key has been answered, before or in this very batch, is not carried out again. */
export function* executeCommands(
  draft: RecordDraft,
  commands: readonly RecordCommand[],
  context: PlanContext,
): PlanSteps<{ readonly outcomes: readonly RecordOutcome[]; readonly answers: readonly KeptAnswer[] }> {
  const answered = [...(context.answered ?? [])]
  const answers: KeptAnswer[] = []
  const outcomes: RecordOutcome[] = []
  for (const command of commands) {
    const keep = keepOf(command)
    const earlier = keep === null ? undefined : answered.find((answer) => isAnswerTo(keep, answer))
    if (earlier !== undefined) {
      outcomes.push({ ...NOTHING_DONE, earlier })
      continue
    }
    const outcome = yield* executeCommand(draft, placed(draft, command, answered), context)
    outcomes.push(outcome)
    if (keep === null || !outcome.ok) continue
    const answer = { body: keptBody(draft.origin.key, outcome), ...keep }
    answers.push(answer)
    answered.push(answer)
  }
  return { outcomes, answers }
}

const NOTHING_DONE = {
  ok: true,
  fields: {},
  wrote: [],
  conflict: null,
  refused: [],
  orphans: [],
  missing: [],
} as const

/** Under what the answer to a command is kept; null if it is not to be. */
export const keepOf = (command: RecordCommand): Keep | null =>
  command.type === 'write' || command.type === 'upload' || command.type === 'bury' ? command.keep : null

type AnswerName = Pick<KeptAnswer, 'tenant' | 'subject' | 'key'>

const isAnswerTo = (keep: AnswerName, answer: AnswerName): boolean =>
  answer.key === keep.key && answer.subject === keep.subject && answer.tenant === keep.tenant

const keptBody = (
  { collection, id }: RecordKey,
  {
    fields,
    wrote,
  }: { readonly fields: Readonly<Record<string, FieldResult>>; readonly wrote: readonly string[] },
): KeptAnswer['body'] => ({
  collection,
  id,
  wrote,
  outcomes: Object.fromEntries(
    Object.entries(fields).map(([field, { outcome, reason, conflictId, code, isWarning }]) => [
      field,
      {
        outcome,
        reason,
        conflictId,
        ...(code === undefined ? {} : { code }),
        ...(isWarning === undefined ? {} : { isWarning }),
      },
    ]),
  ),
})
