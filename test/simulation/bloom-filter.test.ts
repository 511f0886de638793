// The sync protocol tells what a side has by a Bloom filter, which is wrong for one change in a hundred: the sender
// leaves that change out, and what builds on it arrives alone. The receiver must then ask for it by name.
import * as Automerge from '@automerge/automerge'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { RawClient } from './raw-client.ts'
import { World } from './world.ts'

type Doc = Automerge.Doc<Record<string, unknown>>

const ROUNDS_MAX = 200

describe('a change that the Bloom filter of the server claims to hold', () => {
  let world: World
  beforeAll(async () => {
    world = await World.open()
  })
  afterAll(() => world.close())

  it('W7: arrives on the same connection, and so does what builds on it', async () => {
    const key = { tenant: 'default', collection: 'things', id: 'bloom' }
    const client = await offlineClient(world, key)
    withheldEdit(client, await serverDoc(world, key))
    client.edit((root) => set(root, 'second'), 'builds on it', 0)

    client.connect()
    expect(await roundsToRest(world, client, key)).toBeLessThan(ROUNDS_MAX)
    const { body } = await world.call('GET', '/v1/records/things/bloom', 'rest0')
    expect(body.fields.plain).toBe('second')
    expect(Automerge.getHeads(client.doc)).toEqual(Automerge.getHeads(await serverDoc(world, key)))
    client.free()
  })

  it('W7: arrives when another session has brought it meanwhile', async () => {
    const key = { tenant: 'default', collection: 'things', id: 'twice' }
    const client = await offlineClient(world, key)
    withheldEdit(client, await serverDoc(world, key))
    const other = new RawClient(world, key, 'raw0', 'dd'.repeat(16))
    other.doc = Automerge.merge(other.doc, client.doc)
    client.edit((root) => set(root, 'second'), 'builds on it', 0)

    client.connect()
    other.connect()
    for (let round = 0; round < 20; round++) other.hear()
    expect(await roundsToRest(world, client, key, other)).toBeLessThan(ROUNDS_MAX)
    const { body } = await world.call('GET', '/v1/records/things/twice', 'rest0')
    expect(body.fields.plain).toBe('second')
    client.free()
    other.free()
  })
})

/** A client that has synchronised, and gone offline. */
async function offlineClient(world: World, key: RecordKey): Promise<RawClient> {
  await world.call('PUT', `/v1/records/things/${key.id}`, 'rest0', {})
  const client = new RawClient(world, key, 'raw0', 'cc'.repeat(16))
  client.connect()
  await roundsToRest(world, client, key)
  client.disconnect()
  return client
}

/** Edits until the server's filter is wrong about the edit. */
function withheldEdit(client: RawClient, server: Doc): void {
  const before = client.doc
  for (let attempt = 0; attempt < 10_000; attempt++) {
    client.doc = Automerge.clone(before, { actor: 'cc'.repeat(16) })
    client.edit((root) => set(root, 'first'), `attempt ${attempt}`, 0)
    if (isWithheld(client.doc, server)) return
    Automerge.free(client.doc)
  }
  throw new Error('the filter is never wrong')
}

/** Whether the library, speaking for both sides, would not offer the client's newest change. */
function isWithheld(client: Doc, server: Doc): boolean {
  const [hash] = Automerge.getHeads(client)
  const [, asked] = Automerge.generateSyncMessage(server, Automerge.initSyncState())
  if (asked === null) return false
  const copy = Automerge.clone(client)
  const [received, state] = Automerge.receiveSyncMessage(copy, Automerge.initSyncState(), asked)
  const [, answer] = Automerge.generateSyncMessage(received, state)
  Automerge.free(received)
  const sent = answer === null ? [] : Automerge.decodeSyncMessage(answer).changes
  return !sent.some((bytes) => Automerge.decodeChange(bytes).hash === hash)
}

const set = (root: Record<string, unknown>, value: string): void => {
  root.plain = new Automerge.ImmutableString(value)
}

const serverDoc = (world: World, key: RecordKey): Promise<Doc> =>
  world.rooms.record(key).read((state) => Automerge.load(state.doc.save()))

async function roundsToRest(
  world: World,
  client: RawClient,
  key: RecordKey,
  other?: RawClient,
): Promise<number> {
  let rounds = 0
  for (let silent = 0; silent < 3 && rounds < ROUNDS_MAX; rounds++) {
    await world.rooms.record(key).read(() => null)
    await new Promise((resolve) => setImmediate(resolve))
    const heard = [client, other].map((one) => one?.hear() ?? false)
    silent = heard.includes(true) ? 0 : silent + 1
  }
  return rounds
}
