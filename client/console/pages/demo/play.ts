/** Plays a step of the demo for whoever would rather watch: what it does, a hand could do. */
import * as Y from 'yjs'
import type { Pane } from './use-pane.ts'

/** So that a person can follow. */
const PACE_MS = 700

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PACE_MS))

/** Both edit while one of them is offline; nothing is lost. */
export async function playMerge([doctor, nurse]: readonly [Pane, Pane]): Promise<void> {
  await apart(doctor, async () => {
    doctor.record.change((draft) => draft.visits.increment())
    addParagraph(doctor, 'Seen on the evening round: sleeps well.')
    await pause()
    nurse.record.change((draft) => draft.visits.increment())
    nurse.record.change((draft) => {
      draft.heartRate = 61
    })
    addParagraph(nurse, 'Took the inhaler at 18:00.')
  })
}

/** Both enter another diagnosis, and neither has seen the other's. */
export async function playConflict([doctor, nurse]: readonly [Pane, Pane]): Promise<void> {
  const [first, second] = otherThan(doctor.record.fields.diagnosis ?? '')
  await apart(doctor, async () => {
    nurse.record.change((draft) => {
      draft.diagnosis = first
    })
    await nurse.record.durable()
    await pause()
    doctor.record.change((draft) => {
      draft.diagnosis = second
    })
  })
}

async function apart(pane: Pane, act: () => Promise<void>): Promise<void> {
  pane.client.disconnect()
  await pause()
  await act()
  await pause()
  pane.client.connect()
}

function addParagraph({ text }: Pane, words: string): void {
  const paragraph = new Y.XmlElement('paragraph')
  paragraph.insert(0, [new Y.XmlText(words)])
  text.doc.getXmlFragment('notes').push([paragraph])
}

const DIAGNOSES = ['asthma', 'bronchitis', 'pneumonia', 'exercise-induced asthma']

function otherThan(value: string): readonly [string, string] {
  const [first = 'bronchitis', second = 'pneumonia'] = DIAGNOSES.slice(1).filter((other) => other !== value)
  return [first, second]
}
