// A store that a real server has written through REST and y-websocket, and copies of it that somebody edits.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'vitest'
import type { JournalKind } from '../../server/plan/plan.ts'
import { rest } from './rest-client.ts'
import { runCommand } from './run-command.ts'
import { ServerProcess } from './server-process.ts'
import { TextClient } from './text-client.ts'
import { until } from './until.ts'

const ORDER = '/v1/records/orders/audited'

/** Writes through REST and y-websocket, decides a conflict and takes the decision back. */
async function write(server: ServerProcess, round: number): Promise<void> {
  for (const step of [1, 2, 3]) {
    const metadata = JSON.stringify({ reason: `round ${round}, step ${step}` })
    const fields = { status: 'pending', lines: { 'nut-m8': step } }
    const answer = await rest(server.url, 'PUT', ORDER, fields, { 'sluice-metadata': metadata })
    expect(answer, JSON.stringify(answer.body)).toMatchObject({
      status: step === 1 && round === 1 ? 201 : 200,
    })
  }
  const room = 'articles/audited'
  const [ann, bob] = [new TextClient(server.socketUrl, room), new TextClient(server.socketUrl, room)]
  for (const step of [1, 2, 3]) {
    ann.typeParagraph(`Ann ${round}.${step}`)
    await until(() => bob.text.includes(`Ann ${round}.${step}`), 'Bob to see Ann')
    bob.typeParagraph(`Bob ${round}.${step}`)
    await until(() => ann.text.includes(`Bob ${round}.${step}`), 'Ann to see Bob')
  }
  ann.destroy()
  bob.destroy()
}

async function decide(server: ServerProcess): Promise<void> {
  const [conflict] = (await rest(server.url, 'GET', '/v1/conflicts')).body.items
  const seen = [conflict.incumbent.id, conflict.challengers[0].id]
  const path = `/v1/conflicts/${conflict.id}/resolution`
  expect((await rest(server.url, 'PUT', path, { choose: seen[1], seen })).status).toBe(200)
  expect((await rest(server.url, 'DELETE', path)).status).toBe(200)
}

export interface JournalRow {
  readonly position: number
  readonly version: number
  readonly kind: JournalKind
  readonly bytes: Buffer
  readonly hash: string | null
}

export const rowsOf = (db: Database.Database, id: string, lane: string): readonly JournalRow[] =>
  db
    .prepare<[string, string], JournalRow>(
      `SELECT sluice_journal.* FROM sluice_journal JOIN sluice_records USING (record)
        WHERE id = ? AND lane = ? ORDER BY version`,
    )
    .all(id, lane)

export const rowAt = (db: Database.Database, lane: string, version: number, id = 'audited'): JournalRow =>
  rowsOf(db, id, lane).find((row) => row.version === version) ?? expect.fail(`no version ${version}`)

/** Sets columns of one journal row. */
export function edit(
  db: Database.Database,
  row: JournalRow,
  assignments: string,
  ...values: unknown[]
): void {
  db.prepare(`UPDATE sluice_journal SET ${assignments} WHERE position = ?`).run(...values, row.position)
}

export class AuditedStore {
  readonly server: ServerProcess
  readonly #folders: string[] = []

  private constructor(server: ServerProcess) {
    this.server = server
  }

  /** Runs a server twice on one folder; it has stopped when this resolves. */
  static async write(): Promise<AuditedStore> {
    const server = await ServerProcess.start({ SLUICE_DEMO: 'true', SLUICE_CHECKPOINT_INTERVAL_MS: '300' })
    await write(server, 1)
    await decide(server)
    await server.stop()
    await server.start()
    await write(server, 2)
    await server.stop()
    return new AuditedStore(server)
  }

  newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
    this.#folders.push(folder)
    return folder
  }

  /** A copy of the data folder, as somebody with the file in his hands leaves it. */
  tampered(tamper: (db: Database.Database, folder: string) => void): string {
    const folder = this.newFolder()
    cpSync(this.server.dataDir, folder, { recursive: true })
    const db = new Database(join(folder, 'sluice.db'))
    db.pragma('foreign_keys = OFF')
    tamper(db, folder)
    db.close()
    return folder
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    for (const folder of this.#folders) rmSync(folder, { recursive: true })
  }
}

/** What `npm run verify` tells of a folder, without its summary, which must count it. */
export function problemsOf(folder: string, operands: readonly string[] = []): readonly string[] {
  const { status, output } = runCommand('verify', folder, operands)
  const lines = output.trim().split('\n')
  expect(lines.at(-1)).toMatch(new RegExp(`^verified .* ${lines.length - 1} problems$`))
  expect(status).toBe(lines.length > 1 ? 1 : 0)
  return lines.slice(0, -1)
}
