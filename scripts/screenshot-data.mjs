// What the pictures of the console show beside the demo's own data: a ward's day, written through the public API.
import WebSocket from 'ws'
import * as Y from 'yjs'
import { connect, decodeSchema, memoryStore } from '../dist/client/index.js'
import { openText } from '../dist/client/text/index.js'

/** Two people who had seen the same write the same field. */
const DISPUTES = [
  {
    id: 'P-4',
    name: 'Dorothy Vaughan',
    doctor: { diagnosis: 'migraine' },
    nurse: { diagnosis: 'sinusitis' },
  },
  {
    id: 'P-5',
    name: 'Mary Jackson',
    doctor: { diagnosis: 'fracture of the left wrist, not displaced' },
    nurse: { diagnosis: 'fracture of the right wrist, not displaced' },
  },
  {
    id: 'P-6',
    name: 'Radia Perlman',
    doctor: { dose: 5, doseUnit: 'mg' },
    nurse: { dose: 10, doseUnit: 'ml' },
  },
  {
    id: 'P-7',
    name: 'فاطمة الزهراء',
    doctor: { diagnosis: 'التهاب رئوي' },
    nurse: { diagnosis: 'التهاب القصبات' },
  },
  {
    id: 'P-8',
    name: 'Barbara Liskov',
    doctor: { diagnosis: 'anaemia' },
    nurse: { diagnosis: 'iron deficiency' },
  },
  { id: 'P-9', name: 'Frances Allen', doctor: { dose: 250 }, nurse: { dose: 500 } },
]

/** @param {string} url of a server with the demo's data. */
export async function fill(url) {
  for (const { id, name, doctor, nurse } of DISPUTES) {
    const path = `/v1/records/patients/${id}`
    await ask(url, 'PUT', path, 'clerk-1', { name, heartRate: 60 + name.length, bloodPressure: '120/80' })
    const seen = (await fetch(`${url}${path}`)).headers.get('etag')
    await ask(url, 'PATCH', path, 'dr.hopper', doctor, { 'If-Match': seen })
    await ask(url, 'PATCH', path, 'nurse.jackson', nurse, {
      'If-Match': seen,
      'Sluice-Edited-At': new Date(Date.now() - 47 * 60_000).toISOString(),
      'Sluice-Metadata': JSON.stringify({ device: 'ward tablet 3', reason: 'evening round' }),
    })
  }
  const first = '/v1/records/patients/P-1'
  await ask(url, 'PATCH', first, 'nurse.jackson', { heartRate: 84, visits: { $increment: 1 } })
  await ask(url, 'PATCH', first, 'dr.hopper', { bloodPressure: '130/85', allergies: { $add: ['latex'] } })
  await ask(url, 'PATCH', first, 'nurse.jackson', { heartRate: 79, visits: { $increment: 1 } })
  await writeNotes(url, 'nurse.jackson', 'Slept badly. Temperature 38.4 at six.')
  await writeNotes(url, 'dr.hopper', 'X-ray ordered; antibiotics after the result.')
}

async function ask(url, method, path, who, body, headers = {}) {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${who}`, ...headers },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
}

/** A paragraph at the end of the first patient's notes, by the SDK. */
async function writeNotes(url, who, words) {
  const schema = decodeSchema(await (await fetch(`${url}/v1/schema`)).json())
  const client = await connect(url, { schema, token: who, store: memoryStore(), WebSocket })
  const text = await openText(client, 'patients', 'P-1')
  // From then on it shows what the server has.
  await text.durable()
  const notes = text.doc.getXmlFragment('notes')
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.insert(0, [new Y.XmlText(words)])
  notes.insert(notes.length, [paragraph])
  await text.durable()
  await text.close()
  client.close()
}
