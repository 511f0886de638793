// Runs in the pages of `two-pages.test.ts`: an app of a ward, as a bundler makes it. It says what it shows, and what of it
// it takes for sure.
import { connect } from '../../../client/index.ts'
import { openText } from '../../../client/text/index.ts'
import config from '../../../sluice.config.ts'

const open = async (url: string, token: string) => {
  const client = await connect(url, { schema: config, token })
  const patient = client.record('patients', 'W-1')
  const notes = await openText(client, 'patients', 'W-1')
  const body = notes.doc.getText('notes')
  return {
    rename: (name: string) =>
      patient.change((draft) => {
        draft.name = name
      }).saved,
    measure: (heartRate: number) =>
      patient.change((draft) => {
        draft.heartRate = heartRate
      }).saved,
    diagnose: (diagnosis: string) =>
      patient.change((draft) => {
        draft.diagnosis = diagnosis
      }).saved,
    type: (words: string) => {
      body.insert(body.length, words)
      return notes.saved
    },
    chooseChallenger: async () => {
      const [conflict] = patient.conflicts
      const [side] = conflict?.challengers ?? []
      if (conflict === undefined || side === undefined) throw new Error('there is nothing to decide')
      return (await patient.resolve(conflict.id, { choose: side.id, note: 'by the swab' })).status
    },
    shown: () => ({
      connection: client.status.name,
      storage: client.storage.type,
      pending: client.pendingCount,
      name: patient.fields.name,
      heartRate: patient.fields.heartRate,
      diagnosis: patient.fields.diagnosis,
      staged: [...patient.staged].sort(),
      disputed: patient.conflicts.map(({ incumbent, challengers }) => ({
        inForce: incumbent.value,
        against: challengers.map(({ value, author }) => `${value} by ${author}`),
      })),
      changes: patient.changes.map(({ status }) => status),
      notes: body.toString(),
      notesAre: notes.status.name,
    }),
  }
}

export type WardApp = Awaited<ReturnType<typeof open>>

Object.assign(globalThis, { open, app: null })
