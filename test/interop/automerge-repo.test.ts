// Unmodified automerge-repo clients against the real program.
import * as Automerge from '@automerge/automerge'
import type { DocumentId } from '@automerge/automerge-repo'
import { ImmutableString } from '@automerge/automerge-repo'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it } from 'vitest'
import { newRecord } from '../../client/automerge/new-record.ts'
import config from '../../sluice.config.ts'
import { RepoClient } from '../support/repo-client.ts'
import { as, rest } from '../support/rest-client.ts'
import { ServerProcess } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const clients: RepoClient[] = []
const connect = (server: ServerProcess, name: string): RepoClient => {
  const client = new RepoClient(server.socketUrl, name)
  clients.push(client)
  return client
}
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.destroy()))
})

const text = (value: unknown): string => String(value)
const put =
  (field: string, value: unknown) =>
  (root: Record<string, unknown>): void => {
    root[field] = value
  }
const imm = (value: string): ImmutableString => new ImmutableString(value)

async function patient(server: ServerProcess): Promise<string> {
  const { body } = await rest(server.url, 'POST', '/v1/records/patients', {
    id: 'P-9',
    name: 'Ada',
    heartRate: 70,
    diagnosis: 'flu',
  })
  return body.automergeUrl
}

describe('automerge-repo clients', () => {
  it('C4: offline edits of different fields both stand; of a critical field, the incumbent is shown everywhere', async () => {
    await using server = await ServerProcess.start()
    const url = await patient(server)
    const [ann, bob] = [connect(server, 'ann'), connect(server, 'bob')]
    const [annDoc, bobDoc] = [await ann.find(url), await bob.find(url)]
    await ann.goOffline()
    await bob.goOffline()
    annDoc.change((root) => {
      root.heartRate = 88
      root.diagnosis = imm('pneumonia')
    })
    bobDoc.change((root) => {
      root.bloodPressure = imm('130/90')
      root.diagnosis = imm('bronchitis')
    })
    ann.goOnline()
    await until(
      async () => (await rest(server.url, 'GET', '/v1/records/patients/P-9')).body.fields.heartRate === 88,
      "Ann's edits",
    )
    bob.goOnline()
    const conflict = await until(
      async () => (await rest(server.url, 'GET', '/v1/conflicts')).body.items[0],
      'the conflict',
    )

    expect((await rest(server.url, 'GET', '/v1/conflicts')).body.items).toHaveLength(1)
    expect(conflict).toMatchObject({
      state: 'open',
      collection: 'patients',
      recordId: 'P-9',
      fields: ['diagnosis'],
      base: 'flu',
      incumbent: {
        value: 'pneumonia',
        author: 'ann',
        door: 'automerge',
        session: expect.any(String),
        claimedAt: expect.any(String),
        receivedAt: expect.any(String),
      },
      challengers: [{ value: 'bronchitis', author: 'bob', door: 'automerge' }],
    })
    expect(conflict.incumbent.session).not.toBe(conflict.challengers[0].session)
    await until(
      () => text(bobDoc.doc().diagnosis) === 'pneumonia' && text(annDoc.doc().bloodPressure) === '130/90',
      'both repos to settle',
    )
    expect(text(annDoc.doc().diagnosis)).toBe('pneumonia')
    expect(bobDoc.doc().heartRate).toBe(88)
    expect(Object.keys(annDoc.doc()._conflicts as object)).toEqual([conflict.id])
    const record = (await rest(server.url, 'GET', '/v1/records/patients/P-9')).body
    expect(record.fields).toMatchObject({ heartRate: 88, bloodPressure: '130/90', diagnosis: 'pneumonia' })
    expect(record.disputed).toEqual({ diagnosis: { conflictId: conflict.id, challengers: 1 } })
    expect(row(server)).toMatchObject({
      diagnosis: 'pneumonia',
      diagnosis_disputed: 1,
      diagnosis_conflict_id: conflict.id,
      heartRate: 88,
      bloodPressure: '130/90',
    })

    const resolved = await rest(
      server.url,
      'PUT',
      `/v1/conflicts/${conflict.id}/resolution`,
      {
        choose: conflict.challengers[0].id,
        seen: [conflict.incumbent.id, conflict.challengers[0].id],
        note: 'x-ray',
      },
      as('dr.hopper'),
    )
    expect(resolved).toMatchObject({
      status: 200,
      body: { state: 'resolved', resolution: { value: 'bronchitis', author: 'dr.hopper' } },
    })
    await until(
      () => text(annDoc.doc().diagnosis) === 'bronchitis' && text(bobDoc.doc().diagnosis) === 'bronchitis',
      'both repos to hear',
    )
    expect(row(server)).toMatchObject({
      diagnosis: 'bronchitis',
      diagnosis_disputed: 0,
      diagnosis_conflict_id: null,
    })
  })

  it('C1: set beside delete, and confirm beside override, are one conflict each; equal values are none', async () => {
    await using server = await ServerProcess.start()
    const url = await patient(server)
    const [ann, bob] = [connect(server, 'ann'), connect(server, 'bob')]
    const [annDoc, bobDoc] = [await ann.find(url), await bob.find(url)]
    const both = async (
      annEdit: (root: Record<string, unknown>) => void,
      bobEdit: (root: Record<string, unknown>) => void,
    ): Promise<void> => {
      await ann.goOffline()
      await bob.goOffline()
      annDoc.change(annEdit)
      bobDoc.change(bobEdit)
      ann.goOnline()
      await until(async () => await isStored(server, annDoc.doc()), "Ann's edit to arrive")
      bob.goOnline()
      await until(() => sameHeads(annDoc.doc(), bobDoc.doc()), 'the repos to agree')
      await until(() => isStored(server, bobDoc.doc()), 'the server to agree')
    }
    await both(
      (root) => (root.diagnosis = imm('measles')),
      (root) => (root.diagnosis = imm('measles')),
    )
    expect((await rest(server.url, 'GET', '/v1/conflicts')).body.items).toEqual([])

    await both(
      (root) => (root.diagnosis = imm('covid')),
      (root) => delete root.diagnosis,
    )
    const [conflict] = (await rest(server.url, 'GET', '/v1/conflicts')).body.items
    expect(conflict).toMatchObject({
      kind: 'set-delete',
      base: 'measles',
      incumbent: { value: 'covid' },
      challengers: [{ operation: 'delete', value: null }],
    })
    const seen = [conflict.incumbent.id, conflict.challengers[0].id]
    await rest(server.url, 'PUT', `/v1/conflicts/${conflict.id}/resolution`, {
      choose: conflict.incumbent.id,
      seen,
    })
    await until(() => Object.keys(bobDoc.doc()._conflicts as object).length === 0, 'the decision to arrive')

    // A plain client confirms by writing null and then the value: Automerge emits nothing otherwise.
    await both(
      (root) => {
        root.diagnosis = null
        root.diagnosis = imm('covid')
      },
      (root) => (root.diagnosis = imm('rsv')),
    )
    const { items } = (await rest(server.url, 'GET', '/v1/conflicts?state=open')).body
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      kind: 'set-set',
      incumbent: { author: 'ann', value: 'covid' },
      challengers: [{ author: 'bob', value: 'rsv' }],
    })
  })

  it('counter: increments of two offline repos add up; an increment beside a reset is one conflict', async () => {
    await using server = await ServerProcess.start()
    const { body } = await rest(server.url, 'POST', '/v1/records/items', { id: 'bolt', name: 'Bolt' })
    await rest(server.url, 'PATCH', '/v1/records/items/bolt', { stock: { $increment: 10 } })
    const [ann, bob] = [connect(server, 'ann'), connect(server, 'bob')]
    const [annDoc, bobDoc] = [await ann.find(body.automergeUrl), await bob.find(body.automergeUrl)]
    const stock = (root: Record<string, unknown>): Automerge.Counter => root.stock as Automerge.Counter
    await until(() => stock(annDoc.doc()).value === 10 && stock(bobDoc.doc()).value === 10, 'the stock')
    await ann.goOffline()
    await bob.goOffline()
    annDoc.change((root) => stock(root).decrement(3))
    bobDoc.change((root) => stock(root).decrement(4))
    ann.goOnline()
    bob.goOnline()
    await until(
      async () => (await rest(server.url, 'GET', '/v1/records/items/bolt')).body.fields.stock === 3,
      'both sales to count',
    )
    expect((await rest(server.url, 'GET', '/v1/conflicts')).body.items).toEqual([])

    const { etag } = await rest(server.url, 'GET', '/v1/records/items/bolt')
    await until(() => stock(annDoc.doc()).value === 3, 'Ann to know')
    await ann.goOffline()
    annDoc.change((root) => stock(root).decrement(1))
    await rest(server.url, 'PATCH', '/v1/records/items/bolt', { stock: 100 }, { 'if-match': etag })
    ann.goOnline()
    const conflict = await until(
      async () => (await rest(server.url, 'GET', '/v1/conflicts')).body.items[0],
      'the conflict',
    )
    expect(conflict).toMatchObject({
      kind: 'set-increment',
      inForce: 100,
      challengers: [{ operation: 'increment', value: -1 }],
    })
    await until(() => stock(annDoc.doc()).value === 100, 'the incumbent to show')
  })

  it('R1, R2: a record created offline by two clients is one record; a document that is no record is unavailable', async () => {
    await using server = await ServerProcess.start()
    const { documentId, url, binary } = newRecord(config, { collection: 'tickets', id: 'new' })
    const [ann, bob] = [connect(server, 'ann'), connect(server, 'bob')]
    for (const [client, field, value] of [
      [ann, 'title', 'Offline'],
      [bob, 'status', 'done'],
    ] as const) {
      const handle = client.repo.import<Record<string, unknown>>(binary, { docId: documentId as DocumentId })
      handle.change((root) => (root[field] = imm(value)))
    }
    const record = await until(async () => {
      const { body } = await rest(server.url, 'GET', '/v1/records/tickets/new')
      return body.fields?.title === 'Offline' && body.fields.status === 'done' ? body : null
    }, 'both halves of the record')
    expect(record.automergeUrl).toBe(url)

    const stray = ann.repo.create<Record<string, unknown>>({ hello: 'world' })
    await expect(bob.find(stray.url)).rejects.toThrow(/unavailable/)
  })
})

const row = (server: ServerProcess): unknown => {
  const database = new Database(server.databaseFile, { readonly: true })
  const found = database.prepare("SELECT * FROM patients WHERE id = 'P-9'").get()
  database.close()
  return found
}

const sameHeads = (a: Automerge.Doc<unknown>, b: Automerge.Doc<unknown>): boolean =>
  Automerge.getHeads(a).join() === Automerge.getHeads(b).join()

/** Whether everything in the document has reached the server, by its journal. */
async function isStored(server: ServerProcess, doc: Automerge.Doc<unknown>): Promise<boolean> {
  const database = new Database(server.databaseFile, { readonly: true })
  const hashes = new Set(database.prepare('SELECT hash FROM sluice_journal').pluck().all())
  database.close()
  return Automerge.getHeads(doc).every((head) => hashes.has(head))
}

describe('refusals', () => {
  it("R5: a change under another author's actor id is refused without a storm, and others go on", async () => {
    await using server = await ServerProcess.start()
    const url = await patient(server)
    const ann = connect(server, 'ann')
    const annDoc = await ann.find(url)
    annDoc.change(put('heartRate', 71))
    await until(() => isStored(server, annDoc.doc()), "Ann's edit to be stored")
    const stolen = Automerge.getActorId(annDoc.doc())

    const mallory = connect(server, 'mallory')
    const malloryDoc = await mallory.find(url)
    await until(() => sameHeads(malloryDoc.doc(), annDoc.doc()), 'Mallory to know the record')
    let frames = 0
    mallory.onFrame(() => (frames += 1))
    malloryDoc.update((doc) =>
      Automerge.change(Automerge.clone(doc, { actor: stolen }), put('heartRate', 999)),
    )
    await until(() => frames > 0, 'the refusal')
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(frames).toBeLessThan(10)
    annDoc.change(put('heartRate', 72))
    await until(
      async () => (await rest(server.url, 'GET', '/v1/records/patients/P-9')).body.fields.heartRate === 72,
      'Ann to go on',
    )
    expect(mallory.errors.join()).toContain('belongs to another author')
  })
})
