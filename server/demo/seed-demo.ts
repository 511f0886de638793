/**
 * Fills an empty database of the demo schema with the scenes that the README tells of, through the same doors
 * that clients use, and makes one real conflict by two writers who did not see each other.
 */
import * as Y from 'yjs'
import type { JsonObject } from '../../shared/json.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { DEFAULT_TENANT } from '../../shared/record/record-key.ts'
import type { Schema } from '../../shared/schema/schema.ts'
import type { Rooms } from '../rooms/rooms.ts'

export interface DemoParts {
  readonly url: string
  readonly rooms: Rooms
}

const DEMO_COLLECTIONS = ['tickets', 'patients', 'items', 'orders', 'articles']

/** Whether the schema is the demo's, so that its scenes fit. */
export const isDemoSchema = (schema: Schema): boolean =>
  schema.size === DEMO_COLLECTIONS.length && DEMO_COLLECTIONS.every((name) => schema.has(name))

export async function seedDemo(demo: DemoParts): Promise<void> {
  await seedRecords(demo)
  await seedTexts(demo)
  await makeConflict(demo)
}

async function seedRecords({ url }: DemoParts): Promise<void> {
  const put = (path: string, body: JsonObject): Promise<Response> => send(url, 'PUT', path, body, 'demo')
  await put('tickets/T-1', {
    title: 'Sync stops after a week offline',
    status: 'open',
    labels: ['sync', 'mobile'],
  })
  await put('tickets/T-2', {
    title: 'Cursor jumps when two people type',
    status: 'in progress',
    labels: ['editor'],
  })
  await put('patients/P-1', {
    name: 'Ada Lovelace',
    heartRate: 72,
    bloodPressure: '120/80',
    diagnosis: 'influenza',
    allergies: ['penicillin'],
  })
  await put('patients/P-2', { name: 'Alan Turing', heartRate: 58, bloodPressure: '110/70', allergies: [] })
  // The scene of the console's demo, whose visitors make the conflict themselves.
  await put('patients/P-3', {
    name: 'Katherine Johnson',
    heartRate: 64,
    bloodPressure: '115/75',
    diagnosis: 'asthma',
    allergies: ['pollen'],
  })
  await put('items/bolt-m8', { name: 'Bolt M8' })
  await put('orders/O-1', {
    status: 'pending',
    lines: { 'bolt-m8': 12 },
    placedAt: '2026-01-05T09:30:00.000Z',
  })
  await put('articles/welcome', { title: 'Welcome to Sluice' })
  // Two clerks sell at the same time: both sales count.
  await send(url, 'PATCH', 'items/bolt-m8', { stock: { $increment: 100 } }, 'demo')
  const version = await versionOf(url, 'items/bolt-m8')
  await Promise.all([
    send(url, 'PATCH', 'items/bolt-m8', { stock: { $increment: -3 } }, 'clerk-1', version),
    send(url, 'PATCH', 'items/bolt-m8', { stock: { $increment: -4 } }, 'clerk-2', version),
  ])
}

/** A doctor and a nurse read the same version of a record; both correct the diagnosis. */
async function makeConflict({ url }: DemoParts): Promise<void> {
  const version = await versionOf(url, 'patients/P-1')
  await Promise.all([
    send(url, 'PATCH', 'patients/P-1', { diagnosis: 'pneumonia' }, 'dr.hopper', version),
    send(url, 'PATCH', 'patients/P-1', { diagnosis: 'bronchitis', heartRate: 88 }, 'nurse.jackson', version),
  ])
}

async function seedTexts({ rooms }: DemoParts): Promise<void> {
  await writeText(rooms, 'articles', 'welcome', [
    ['heading', 'Welcome to Sluice'],
    [
      'paragraph',
      'This text is a Yjs document. Open it with any y-websocket client and type: it merges by character.',
    ],
    ['paragraph', 'The server keeps it as SQL text too, so that it can be searched and joined.'],
  ])
  await writeText(rooms, 'tickets', 'T-1', [
    [
      'paragraph',
      'After seven days without a network, the app shows my edits but the office does not see them.',
    ],
  ])
  await writeText(rooms, 'patients', 'P-1', [
    ['paragraph', 'Fever since Monday. Cough. Allergic to penicillin.'],
  ])
  await writeText(rooms, 'patients', 'P-3', [
    ['heading', 'Admission'],
    ['paragraph', 'Short of breath after running. Better at rest.'],
    ['paragraph', 'Plan: spirometry tomorrow morning.'],
  ])
}

type Block = readonly [node: 'heading' | 'paragraph', text: string]

/** Writes blocks the way ProseMirror's Yjs binding stores them. */
async function writeText(
  rooms: Rooms,
  collection: string,
  id: string,
  blocks: readonly Block[],
): Promise<void> {
  const key = { tenant: DEFAULT_TENANT, collection, id }
  const field = collection === 'patients' ? 'notes' : 'body'
  const doc = new Y.Doc()
  const elements = blocks.map(([node, text]) => {
    const element = new Y.XmlElement(node)
    if (node === 'heading') element.setAttribute('level', '1')
    element.insert(0, [new Y.XmlText(text)])
    return element
  })
  doc.getXmlFragment(field).insert(0, elements)
  await rooms.text(key).submit({ update: Y.encodeStateAsUpdate(doc), origin: demoOrigin(), denial: null })
  doc.destroy()
}

const demoOrigin = (): Origin => ({
  subject: 'demo',
  roles: ['*'],
  session: 'demo',
  door: 'server',
  device: null,
  metadata: {},
  claimedAt: null,
  receivedAt: new Date().toISOString(),
})

async function versionOf(url: string, path: string): Promise<string> {
  const response = await fetch(`${url}/v1/records/${path}`)
  const etag = response.headers.get('etag')
  if (etag === null) throw new Error(`the demo could not read ${path}: ${response.status}`)
  return etag
}

async function send(
  url: string,
  method: string,
  path: string,
  body: JsonObject,
  who: string,
  ifMatch?: string,
): Promise<Response> {
  const response = await fetch(`${url}/v1/records/${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${who}`,
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    },
    body: JSON.stringify(body),
  })
  if (!response.ok)
    throw new Error(`the demo could not write ${path}: ${response.status} ${await response.text()}`)
  return response
}
