#!/usr/bin/env node
import { pino } from 'pino'
/** Starts the server: reads settings and schema, says what is running, and stops gracefully on a signal. */
import { OPEN_STATES } from '../shared/conflicts/conflict.ts'
import { DEFAULT_TENANT } from '../shared/record/record-key.ts'
import { runBackup } from './commands/backup-command.ts'
import { COMPACT_USAGE, readCompactOperands, runCompact } from './commands/compact-command.ts'
import { ERASE_USAGE, readEraseOperands, runErase } from './commands/erase-command.ts'
import type { CommandParts } from './commands/projection-commands.ts'
import { runCompare, runRebuild } from './commands/projection-commands.ts'
import { runRestore } from './commands/restore-command.ts'
import { runVerify } from './commands/verify-command.ts'
import type { SluiceServer } from './compose.ts'
import { startServer } from './compose.ts'
import { isDemoSchema, seedDemo } from './demo/seed-demo.ts'
import { tryCommands } from './demo/try-commands.ts'
import { loadConfig } from './load-config.ts'
import type { Settings } from './settings.ts'
import { readSettings } from './settings.ts'
import { withoutTokens } from './without-tokens.ts'

const write = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** Ends the process with problems that the user can mend. */
function refuseToStart(what: string, problems: readonly string[]): never {
  process.stderr.write(
    `Sluice cannot start: ${what}.\n${problems.map((problem) => `  - ${problem}\n`).join('')}`,
  )
  process.exit(1)
}

async function main(): Promise<void> {
  const checked = readSettings(process.env)
  if (!checked.ok) refuseToStart('a setting is wrong', checked.problems)
  const { settings } = checked
  const config = await loadConfig(settings.configFile)
  if (!config.ok) refuseToStart(`the schema in ${settings.configFile} is wrong`, config.problems)

  const command = process.argv[2]
  if (command !== undefined) return runCommand(command, { schema: config.schema, settings, write })

  const log = pino({ level: settings.logLevel, hooks: { streamWrite: withoutTokens } }, pino.destination(2))
  const onFatal = (reason: string): void => {
    log.fatal({ reason }, 'the store can no longer be trusted; ending')
    process.exit(1)
  }
  const { schema } = config
  const server = await startServer({ schema, settings, log, onFatal, restart }).catch((error: unknown) =>
    refuseToStart('the server could not be opened', [error instanceof Error ? error.message : String(error)]),
  )
  stopOnSignals(server, settings)
  const { items } = await server.storage.listConflicts({
    tenant: DEFAULT_TENANT,
    states: null,
    collection: null,
    recordId: null,
    cursor: null,
    limit: 1,
  })
  const isEmpty = items.length === 0 && (await server.storage.scanRecords(null, 1)).length === 0
  const isDemo = settings.demo && isDemoSchema(schema) && server.auth.isOpen
  if (isEmpty && isDemo) await seedDemo({ url: server.url, rooms: server.rooms })
  await announce(server)
}

/** What can be done with the data folder while no server runs on it, and `backup`, which can be done any time. */
async function runCommand(
  command: string,
  parts: CommandParts & { readonly settings: Settings },
): Promise<void> {
  if (command === 'rebuild') process.exitCode = await runRebuild(parts)
  else if (command === 'compare') process.exitCode = await runCompare(parts)
  else if (command === 'verify') process.exitCode = await runVerify(parts, process.argv[3] ?? null)
  else if (command === 'erase') {
    const operands = readEraseOperands(process.argv.slice(3))
    if (operands === null) refuseToStart('erase takes a record and a reason', [ERASE_USAGE])
    process.exitCode = await runErase(parts, operands)
  } else if (command === 'compact') {
    const operands = readCompactOperands(process.argv.slice(3), parts.settings.textHistoryDays)
    if (operands === null) refuseToStart('compact takes a number of days', [COMPACT_USAGE])
    process.exitCode = await runCompact(parts, operands)
  } else if (command === 'backup' || command === 'restore')
    process.exitCode = await runCopying(command, parts, process.argv.slice(3))
  else
    refuseToStart(`there is no command "${command}"`, [
      'Commands: rebuild, compare, verify, backup, restore, erase, compact; none starts the server.',
    ])
}

/** The two commands that take a folder. */
async function runCopying(
  command: 'backup' | 'restore',
  parts: CommandParts,
  operands: readonly string[],
): Promise<number> {
  const force = command === 'restore' && operands.includes('--force')
  const [folder, ...others] = operands.filter((operand) => !(force && operand === '--force'))
  if (folder === undefined || folder.startsWith('-') || others.length > 0)
    refuseToStart(`${command} takes one folder`, ['backup <folder>', 'restore <folder> [--force]'])
  try {
    return await (command === 'backup' ? runBackup(parts, folder) : runRestore(parts, folder, force))
  } catch (error) {
    write(`${command} failed: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

async function announce({ url, databaseFile, auth, storage }: SluiceServer): Promise<void> {
  const open = await storage.countConflicts(DEFAULT_TENANT, OPEN_STATES)
  write(`
Sluice is running.

  URL        ${url}
  Data       ${databaseFile}
  Auth       ${auth.description}
  Inbox      ${open} open ${open === 1 ? 'conflict' : 'conflicts'}: ${url}/v1/conflicts

Try:

${tryCommands(url, databaseFile).replaceAll(/^/gm, '  ')}
`)
}

/** Heard by the supervisor (`supervise.ts`); undefined where there is none. */
const restart = process.send === undefined ? undefined : (): void => void process.send?.('restart')

function stopOnSignals(server: SluiceServer, settings: Settings): void {
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    setTimeout(() => process.exit(1), settings.stopTimeoutMs).unref()
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  // The supervisor has gone.
  process.on('disconnect', stop)
}

await main()
