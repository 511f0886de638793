// S7 and S8 through the program itself: what a server has written verifies, and forged proof does not.
import { generateKeyPairSync, sign } from 'node:crypto'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOfCheckpoint } from '../../server/audit/checkpoint.ts'
import { openCheckpointKey } from '../../server/audit/checkpoint-key.ts'
import { chainOf, chainStart } from '../../server/plan/journal-chain.ts'
import type { Checkpoint } from '../../server/storage/audit-storage.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import { AuditedStore, edit, problemsOf, rowsOf } from '../support/audited-store.ts'
import { runCommand } from '../support/run-command.ts'

describe('npm run verify', () => {
  let store: AuditedStore
  beforeAll(async () => {
    store = await AuditedStore.write()
  })
  afterAll(() => store[Symbol.asyncDispose]())

  it('S7: what a server has written verifies, across a restart, whole and covered', () => {
    const { status, output } = runCommand('verify', store.server.dataDir)
    expect(output).toMatch(
      /^verified \d+ records, 0 of them erased, with \d+ entries and \d+ checkpoints up to .*; 0 entries are not covered yet: 0 problems\n$/,
    )
    expect(status).toBe(0)
    const db = new Database(store.server.databaseFile, { readonly: true })
    const kinds = db.prepare('SELECT DISTINCT kind FROM sluice_journal').pluck().all()
    const checkpoints = db.prepare('SELECT COUNT(*) FROM sluice_checkpoints').pluck().get()
    const unnamed = db.prepare(
      "SELECT COUNT(*) FROM sluice_journal WHERE (lane = 'text') <> (schema IS NULL)",
    )
    expect(unnamed.pluck().get()).toBe(0)
    db.close()
    expect(kinds.sort()).toEqual(['change', 'genesis', 'resolution', 'settle', 'undo', 'update'])
    expect(checkpoints).toBeGreaterThan(3)
  })

  it('S7: the key is its owner’s alone, and a copy of its public half is enough to verify', () => {
    const key = join(store.server.dataDir, 'sluice-checkpoint-key.pem')
    expect(statSync(key).mode & 0o777).toBe(0o600)
    const copy = store.tampered((_db, folder) => rmSync(join(folder, 'sluice-checkpoint-key.pem')))
    expect(problemsOf(copy, [join(store.server.dataDir, 'sluice-checkpoint-key.pub.pem')])).toEqual([])
    expect(problemsOf(copy)).toEqual([expect.stringMatching(/^no signature can be checked: /)])
  })

  it('S7: history that is rewritten with chains that fit is noticed as far as checkpoints reach', () => {
    const folder = store.tampered((db) => {
      const key = { tenant: 'default', collection: 'articles', id: 'audited' }
      let chain = chainStart(documentIdOf(key), 'text')
      for (const row of rowsOf(db, 'audited', 'text')) {
        const read = db.prepare('SELECT * FROM sluice_journal WHERE position = ?').get(row.position)
        const columns = read as Record<string, string> & { door: 'yjs' }
        const subject = row.version === 2 ? 'mallory' : (columns.subject ?? '')
        const origin = {
          subject,
          roles: JSON.parse(columns.roles ?? '[]'),
          session: columns.session ?? '',
          door: columns.door,
          device: columns.device ?? null,
          metadata: JSON.parse(columns.metadata ?? '{}'),
          claimedAt: columns.claimed_at ?? null,
          receivedAt: columns.received_at ?? '',
        }
        chain = chainOf(chain, 'text', row.version, { ...row, schema: null, origin })
        edit(db, row, 'subject = ?, chain = ?', subject, chain)
      }
    })
    expect(problemsOf(folder)).toEqual([
      expect.stringMatching(
        /^default:articles\/audited, text, version \d+: has another chain, and checkpoint/,
      ),
    ])
  })

  it('S7: a checkpoint that is signed with another key is noticed, whatever key it names', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const forge = (keyIdOf: (folder: string, checkpoint: Checkpoint) => string) =>
      store.tampered((db, folder) => {
        const newest = db
          .prepare<[], Checkpoint>(
            'SELECT *, key_id AS keyId FROM sluice_checkpoints ORDER BY number DESC LIMIT 1',
          )
          .get()
        if (newest === undefined) expect.fail('no checkpoint')
        const forged = { ...newest, heads: '[]', keyId: keyIdOf(folder, newest) }
        const digest = digestOfCheckpoint(forged)
        const signature = sign(null, Buffer.from(digest), privateKey).toString('base64')
        db.prepare(
          'UPDATE sluice_checkpoints SET heads = ?, key_id = ?, digest = ?, signature = ? WHERE number = ?',
        ).run(forged.heads, forged.keyId, digest, signature, newest.number)
      })
    expect(problemsOf(forge((_folder, { keyId }) => keyId))).toEqual([
      expect.stringMatching(/^checkpoint \d+: its signature is not by the key [0-9a-f]{16}$/),
    ])
    expect(problemsOf(forge(() => 'f'.repeat(16)))).toEqual([
      expect.stringMatching(/^checkpoint \d+: is signed with the key f{16}, not with [0-9a-f]{16}$/),
    ])
  })

  it('S7: who takes the key away and signs anew is noticed by the public key that was kept', () => {
    const folder = store.tampered((db, at) => {
      for (const name of ['sluice-checkpoint-key.pem', 'sluice-checkpoint-key.pub.pem'])
        rmSync(join(at, name))
      const signer = openCheckpointKey(at)
      const all = db
        .prepare<[], Checkpoint>('SELECT *, key_id AS keyId FROM sluice_checkpoints ORDER BY number')
        .all()
      let previous: string | null = null
      for (const checkpoint of all) {
        const body = { ...checkpoint, previous, keyId: signer.keyId }
        const digest = digestOfCheckpoint(body)
        db.prepare(
          'UPDATE sluice_checkpoints SET previous = ?, key_id = ?, digest = ?, signature = ? WHERE number = ?',
        ).run(previous, signer.keyId, digest, signer.sign(digest), checkpoint.number)
        previous = digest
      }
    })
    expect(problemsOf(folder)).toEqual([])
    const kept = join(store.server.dataDir, 'sluice-checkpoint-key.pub.pem')
    expect(problemsOf(folder, [kept])).toContainEqual(
      expect.stringMatching(/^checkpoint 1: is signed with the key [0-9a-f]{16}, not with/),
    )
  })

  it('S7: a key file that holds none, or a folder without a store, is said, not crashed on', () => {
    const folder = store.tampered((_db, at) =>
      writeFileSync(join(at, 'sluice-checkpoint-key.pem'), 'letters'),
    )
    expect(problemsOf(folder)).toEqual([
      expect.stringMatching(/^no signature can be checked: .* holds no key/),
    ])
    const empty = store.newFolder()
    expect(runCommand('verify', empty)).toMatchObject({
      status: 1,
      output: expect.stringContaining('there is no store'),
    })
  })
})
