// Compartments through the program itself: what REST says of them, what two automerge clients see of one record, and
// that restarts, verify, compare, rebuild and backup know of every lane.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeVersion } from '../../../shared/record/version.ts'
import { runCommand } from '../../support/run-command.ts'
import type { SyncWire } from '../../support/sync-wire.ts'
import { changeOf } from '../../support/sync-wire.ts'
import { until } from '../../support/until.ts'
import type { Matrix } from './matrix.ts'
import { claims, openMatrix } from './matrix.ts'
import { HOME } from './oracle.ts'

const SECRET = 'roles:auditor+doctor'

let matrix: Matrix
beforeAll(async () => {
  matrix = await openMatrix()
})
afterAll(async () => {
  await matrix.close()
  await matrix.server[Symbol.asyncDispose]()
})

const doctor = () => matrix.doors.rest(claims('doctor', HOME))
const nurse = () => matrix.doors.rest(claims('nurse', HOME))
const chart = (id: string, body: object = { owner: 'owner', weight: 40, diagnosis: 'flu' }) =>
  doctor().put(`records/charts/${id}`, body)
const headsIn = (version: string): readonly string[] => decodeVersion(version)?.heads ?? []

describe('A7: compartments by REST', () => {
  it('a record names the documents that its reader may open, and its version the heads of those', async () => {
    await chart('urls')
    const [all, some] = await Promise.all([doctor(), nurse()].map((rest) => rest.get('records/charts/urls')))
    expect(Object.keys(all?.body.automergeUrls)).toEqual([SECRET])
    expect(some?.body).not.toHaveProperty('automergeUrls')
    expect(some?.body.automergeUrl).toBe(all?.body.automergeUrl)
    expect(headsIn(all?.body.version)).toHaveLength(2)
    expect(headsIn(some?.body.version)).toHaveLength(1)

    await doctor().patch('records/charts/urls', { diagnosis: 'cold' })
    // Nothing that the nurse may see has changed, so her version has not, either.
    expect((await nurse().get('records/charts/urls')).body.version).toBe(some?.body.version)
    expect((await doctor().get('records/charts/urls')).body.version).not.toBe(all?.body.version)
  })

  it('a version of another reader is understood as far as it goes', async () => {
    await chart('versions')
    const { body: seen } = await nurse().get('records/charts/versions')
    const at = await doctor().get(`records/charts/versions?at=${seen.version}`)
    expect(at.body.fields).toMatchObject({ owner: 'owner', weight: 40 })
    expect(at.body.fields).not.toHaveProperty('diagnosis')
    const headers = { 'if-match': `"${seen.version}"` }
    const written = await doctor().patch(
      'records/charts/versions',
      { weight: 41, diagnosis: 'cold' },
      headers,
    )
    // The nurse's version tells nothing of a diagnosis: who names it overwrites nobody's.
    expect(written.body.outcomes).toMatchObject({
      weight: { outcome: 'applied' },
      diagnosis: { outcome: 'held' },
    })
    const strict = { ...headers, prefer: 'handling=strict' }
    expect((await nurse().patch('records/charts/versions', { weight: 42 }, strict)).status).toBe(412)
  })

  it('M5: a strict write of one who sees less is not stale for what he does not see', async () => {
    await chart('strict')
    const { body: seen } = await nurse().get('records/charts/strict')
    await doctor().patch('records/charts/strict', { diagnosis: 'cold' })
    const strict = { 'if-match': `"${seen.version}"`, prefer: 'handling=strict' }
    expect((await nurse().patch('records/charts/strict', { weight: 42 }, strict)).status).toBe(200)
  })
})

describe('A7: compartments by the sync door', () => {
  const open = (role: 'doctor' | 'nurse') => matrix.doors.sync(claims(role, HOME))
  const diagnosis = (value: string) => ({
    collection: 'charts',
    recordId: 'sync',
    ops: [{ type: 'set', field: 'diagnosis', value } as const],
  })

  it('a version names the documents of all that its reader is shown: what he changes, he had seen', async () => {
    await chart('sync')
    const [all, some] = [await open('doctor'), await open('nurse')]
    const shown = await all.record('charts', 'sync')
    expect(shown.fields).toMatchObject({ weight: 40, diagnosis: 'flu' })
    expect(headsIn(shown.version ?? '')).toHaveLength(2)
    const lesser = await some.record('charts', 'sync')
    expect(lesser.fields).not.toHaveProperty('diagnosis')
    expect(headsIn(lesser.version ?? '')).toHaveLength(1)

    const first = changeOf({ ...diagnosis('cold'), seen: shown.version })
    const second = changeOf({ ...diagnosis('angina'), seen: shown.version, after: [first.id] })
    expect(await all.change(first)).toMatchObject({ fields: { diagnosis: { outcome: 'applied' } } })
    expect(await all.change(second)).toMatchObject({ fields: { diagnosis: { outcome: 'applied' } } })
    // Without naming them, he had seen neither of his own.
    const beside = await all.change({ ...diagnosis('fever'), seen: shown.version })
    expect(beside).toMatchObject({ fields: { diagnosis: { outcome: 'held' } } })
    const conflicts = async (wire: SyncWire) => (await wire.record('charts', 'sync')).conflicts
    expect(await conflicts(all)).toMatchObject([
      { incumbent: { value: 'angina' }, challengers: [{ value: 'fever' }] },
    ])
    expect(await conflicts(some)).toEqual([])
    expect((await some.record('charts', 'sync')).version).toBe(lesser.version)
  })
})

describe('A7: compartments by automerge-repo', () => {
  it('nurse and doctor work on one record, each in what is theirs', async () => {
    const { body } = await chart('both')
    const atNurse = matrix.doors.automerge(claims('nurse', HOME))
    const atDoctor = matrix.doors.automerge(claims('doctor', HOME))
    await until(() => atNurse.repo.peers.length > 0, 'the connection')
    atNurse.onFrame(() => {})
    const shared = await atNurse.find(body.automergeUrl)
    const main = await atDoctor.find(body.automergeUrl)
    const secret = await atDoctor.find(body.automergeUrls[SECRET])
    secret.change((doc) => {
      doc.diagnosis = 'only for some'
    })
    shared.change((doc) => {
      doc.weight = 77
    })
    await until(() => main.doc().weight === 77, 'the weight')
    await until(
      async () => (await doctor().get('records/charts/both')).body.fields.diagnosis === 'only for some',
      'the diagnosis',
    )
    // A field of the other document is refused, and the session is told.
    shared.change((doc) => {
      doc.diagnosis = 'in the open'
    })
    await until(() => atNurse.errors.length > 0, 'the refusal')
    expect(atNurse.errors.join()).toContain('diagnosis')
    expect((await doctor().get('records/charts/both')).body.fields).toMatchObject({
      weight: 77,
      diagnosis: 'only for some',
    })

    await doctor().delete('records/charts/both')
    await until(() => main.doc()._deleted === true && secret.doc()._deleted === true, 'the deletion')
    expect(atNurse.frames.some((frame) => Buffer.from(frame).includes('only for some'))).toBe(false)
    await atNurse.destroy()
    await atDoctor.destroy()
  })
})

describe('S3, S7, S9: what is done to a store knows every lane', () => {
  const config = fileURLToPath(new URL('sluice.config.ts', import.meta.url))
  const run = (command: string, folder = matrix.server.dataDir, operands: readonly string[] = []) =>
    runCommand(command, folder, operands, { SLUICE_CONFIG: config })

  it('a restart reads them again; verify, compare, rebuild and backup find what was written', async () => {
    await chart('kept')
    for (let round = 0; round < 70; round++)
      await doctor().patch('records/charts/kept', { diagnosis: `round ${round}`, weight: round })
    const before = await doctor().get('records/charts/kept')
    await matrix.server.kill()
    await matrix.server.start()
    const after = await doctor().get('records/charts/kept')
    expect(after.body).toEqual(before.body)
    const late = await doctor().patch(
      'records/charts/kept',
      { diagnosis: 'last' },
      {
        'if-match': `"${before.body.version}"`,
      },
    )
    expect(late.body.outcomes.diagnosis.outcome).toBe('applied')

    await matrix.server.stop()
    const db = new Database(matrix.server.databaseFile, { readonly: true })
    const lanes = db.prepare('SELECT DISTINCT lane FROM sluice_snapshots ORDER BY lane').pluck().all()
    db.close()
    expect(lanes).toContain(`fields:${SECRET}`)
    expect(run('verify')).toMatchObject({ status: 0, output: expect.stringContaining(': 0 problems') })
    expect(run('compare')).toMatchObject({ status: 0, output: expect.stringContaining('0 differences') })
    expect(run('rebuild').status).toBe(0)
    expect(run('compare')).toMatchObject({ status: 0, output: expect.stringContaining('0 differences') })
    const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
    expect(run('backup', matrix.server.dataDir, [join(folder, 'backup')])).toMatchObject({ status: 0 })
    rmSync(folder, { recursive: true })
  })

  it('an entry of a compartment that somebody has changed, or taken away with its row, is noticed', () => {
    const tamper = (statement: string): string => {
      const folder = mkdtempSync(join(tmpdir(), 'sluice-'))
      const source = new Database(matrix.server.databaseFile, { readonly: true })
      source.prepare('VACUUM INTO ?').run(join(folder, 'sluice.db'))
      source.close()
      const db = new Database(join(folder, 'sluice.db'))
      db.pragma('foreign_keys = OFF')
      db.exec(statement)
      db.close()
      const { status, output } = run('verify', folder)
      rmSync(folder, { recursive: true })
      expect(status).toBe(1)
      return output
    }
    const lane = `lane = 'fields:${SECRET}' AND version = 3 AND record =
      (SELECT record FROM sluice_records WHERE id = 'kept')`
    expect(tamper(`UPDATE sluice_journal SET subject = 'mallory' WHERE ${lane}`)).toContain(
      `charts/kept, fields:${SECRET}, version 3: does not give its chain`,
    )
    expect(tamper('DELETE FROM sluice_compartments')).toContain('entries of the journal belong to no record')
  })

  it('E1, E3: an erasure takes every lane, and what begins anew is other documents', async () => {
    const { body: before } = await (async () => {
      await matrix.server.start()
      return doctor().get('records/charts/kept')
    })()
    await matrix.server.stop()
    const operands = ['charts/kept', '--tenant', HOME, '--reason', 'test', '--allow-new']
    expect(run('erase', matrix.server.dataDir, operands)).toMatchObject({ status: 0 })
    const db = new Database(matrix.server.databaseFile, { readonly: true })
    const kinds = db.prepare(
      `SELECT lane, group_concat(DISTINCT kind) AS kinds FROM sluice_journal JOIN sluice_records USING (record)
        WHERE id = 'kept' GROUP BY lane ORDER BY lane`,
    )
    expect(kinds.all()).toEqual([
      { lane: 'fields', kinds: 'erasure' },
      { lane: `fields:${SECRET}`, kinds: 'erasure' },
      { lane: 'text', kinds: 'erasure' },
    ])
    db.close()
    expect(run('verify')).toMatchObject({ status: 0, output: expect.stringContaining(': 0 problems') })

    await matrix.server.start()
    await chart('kept', { owner: 'owner', diagnosis: 'anew' })
    const { body: after } = await doctor().get('records/charts/kept')
    expect(after.automergeUrls[SECRET]).not.toBe(before.automergeUrls[SECRET])
    const told = async (who: 'doctor' | 'nurse', url: string): Promise<readonly string[]> => {
      const client = matrix.doors.automerge(claims(who, HOME))
      await until(() => client.repo.peers.length > 0, 'the connection')
      client.onFrame(() => {})
      const answer = await client.find(url).then(
        (handle) => [String(handle.doc().diagnosis)],
        () => ['unavailable', ...client.errors.map((error) => /: (\w+):/.exec(error)?.[1] ?? error)],
      )
      await client.destroy()
      return answer
    }
    expect(await told('doctor', after.automergeUrls[SECRET])).toEqual(['anew'])
    expect(await told('nurse', after.automergeUrls[SECRET])).toEqual(['unavailable'])
    expect(await told('doctor', before.automergeUrls[SECRET])).toEqual(['unavailable', 'erased'])
    expect(await told('nurse', before.automergeUrls[SECRET])).toEqual(['unavailable'])

    await matrix.server.stop()
    expect(run('verify')).toMatchObject({ status: 0, output: expect.stringContaining(': 0 problems') })
    expect(run('compare')).toMatchObject({ status: 0, output: expect.stringContaining('0 differences') })
  })
})
