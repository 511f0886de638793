/**
 * Takes what each session has typed since the last commit as one update (see `TypedRun`). Sessions have not seen each
 * other's part of a batch, so the order between them is open; the order within one stays.
 */
import { TypedRun } from '../gate/typed-run.ts'
import type { TextCommand } from './plan-text.ts'

/** Neighbouring commands of one session. */
export interface TypedCommands {
  readonly commands: readonly TextCommand[]
  /** Does what all of them do. */
  readonly update: Uint8Array
}

export interface JoinedTyping {
  readonly runs: readonly TypedCommands[]
  /** What is of another form, and what its session has sent after it. In order of arrival. */
  readonly rest: readonly TextCommand[]
}

interface Open {
  readonly run: TypedRun
  readonly commands: TextCommand[]
}

/** @param commands of sessions that may write, and of others, which are left alone. */
export function joinTyping(commands: readonly TextCommand[]): JoinedTyping {
  if (commands.length === 1) return { runs: [], rest: commands }
  const sessions = new Map<string, Open[] | 'ended'>()
  const runs: Open[] = []
  const rest: TextCommand[] = []
  for (const command of commands) {
    const { session } = command.origin
    const known = sessions.get(session)
    const joined = known === 'ended' ? null : join(known ?? [], command)
    if (joined === null) {
      sessions.set(session, 'ended')
      rest.push(command)
      continue
    }
    if (known === undefined || known.length < joined.length) runs.push(...joined.slice(-1))
    sessions.set(session, joined)
  }
  return { runs: runs.map(({ run, commands }) => ({ commands, update: run.joined() })), rest }
}

/** @returns the session's runs, of which the last has taken the command in; null if none can. */
function join(runs: Open[], command: TextCommand): Open[] | null {
  if (command.denial !== null) return null
  const last = runs.at(-1)
  if (last?.run.add(command.update) === true) {
    last.commands.push(command)
    return runs
  }
  const run = new TypedRun()
  return run.add(command.update) ? [...runs, { run, commands: [command] }] : null
}
