// A form with a critical field: what somebody has changed since it was opened is held, and not overwritten unseen.
import type { ReactNode } from 'react'
import { Suspense, useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { ConflictView } from 'sluice/client'
import { connect } from 'sluice/client'
import { createHooks } from 'sluice/react'
import config from '../../sluice.config.ts'

const { SluiceProvider, useRecord, useStatus } = createHooks<typeof config>()

function Status(): ReactNode {
  const { connection, pendingCount } = useStatus()
  return (
    <p>
      {connection.name}, {pendingCount} on their way
    </p>
  )
}

function Diagnosis({ id }: { readonly id: string }): ReactNode {
  const { fields, staged, disputed, handle } = useRecord('patients', id, { suspend: true })
  // What the person has before him while he types: his entry is placed there.
  const [form] = useState(() => handle.form())
  const save = (entered: FormData): void => {
    form.submit((draft) => {
      draft.diagnosis = String(entered.get('diagnosis'))
    })
  }
  return (
    <section>
      <h1>{fields.name}</h1>
      <p>
        In force: <output>{fields.diagnosis}</output> {staged.has('diagnosis') && '(not confirmed)'}
      </p>
      <form action={save}>
        <input name="diagnosis" aria-label="Diagnosis" defaultValue={form.fields.diagnosis ?? ''} />
        <button type="submit">Save</button>
      </form>
      {form.changedMeanwhile.includes('diagnosis') && (
        <p>Somebody has changed it since you opened this form.</p>
      )}
      {disputed.diagnosis !== undefined && <Dispute id={id} conflict={disputed.diagnosis} />}
    </section>
  )
}

function Dispute({ id, conflict }: { readonly id: string; readonly conflict: ConflictView }): ReactNode {
  const handle = useRecord('patients', id, { select: (patient) => patient.handle })
  return (
    <fieldset>
      <legend>Disputed: decide</legend>
      {[conflict.incumbent, ...conflict.challengers].map((side) => (
        <button
          key={side.id}
          type="button"
          onClick={() => void handle.resolve(conflict.id, { choose: side.id })}
        >
          {String(side.value)} ({side.author})
        </button>
      ))}
    </fieldset>
  )
}

createRoot(document.querySelector('#root') ?? document.body).render(
  <Suspense fallback="Loading">
    <SluiceProvider client={connect(location.origin, { schema: config })}>
      <Status />
      <Diagnosis id="P-1" />
    </SluiceProvider>
  </Suspense>,
)
