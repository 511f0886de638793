/** The fields of a record, and a form over them: what was entered is sent as one change, placed at what its author had seen. */
import { Alert, Button, Group, Text, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import type { Json } from '../../../../shared/json.ts'
import type { Fields } from '../../../../shared/schema/collection.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { ShownRecord } from '../../../react/index.ts'
import { messageOf } from '../../components/load-error.tsx'
import { Panel, PanelNote } from '../../components/panel.tsx'
import { FieldRow } from './field-row.tsx'
import type { OwnActions } from './use-own-actions.ts'
import type { RecordEdit } from './use-record-edit.ts'

export interface EditPanelProps {
  readonly collection: CollectionSpec
  readonly record: ShownRecord<Fields>
  readonly edit: RecordEdit
  readonly own: OwnActions
}

export function EditPanel({ collection, record, edit, own }: EditPanelProps) {
  const [problem, setProblem] = useState<string | null>(null)
  const [reason, setReason] = useState('')
  const names = Object.keys(edit.entered)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    try {
      const change = edit.submit(reason.trim() === '' ? {} : { reason: reason.trim() })
      if (change !== null) own.track(names.join(', '), change)
      setProblem(null)
      setReason('')
    } catch (error) {
      setProblem(`${messageOf(error)}.`)
    }
  }
  const isReadOnly = [...collection.fields.keys()].every((field) => record.readOnly.has(field))
  return (
    <Panel title="Fields">
      {collection.fields.size === 0 ? <PanelNote>This collection has texts only.</PanelNote> : null}
      {isReadOnly && collection.fields.size > 0 ? (
        <PanelNote>You may read this record and not change it.</PanelNote>
      ) : null}
      <form onSubmit={submit}>
        <FieldRows collection={collection} record={record} edit={edit} />
        {edit.changedMeanwhile.length === 0 ? null : <MeanwhileNotice edit={edit} />}
        {problem === null ? null : (
          <Alert color="red" m="sm" role="alert">
            {problem}
          </Alert>
        )}
        {names.length === 0 ? null : (
          <Group p="sm" gap="xs" align="flex-end">
            <TextInput
              size="xs"
              label="Why (kept with the change)"
              dir="auto"
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              style={{ flex: '1 1 12rem' }}
            />
            <Button type="submit" size="xs">
              Save
            </Button>
            <Button size="xs" variant="default" onClick={edit.leaveAll}>
              Leave all as it is
            </Button>
          </Group>
        )}
      </form>
    </Panel>
  )
}

function FieldRows({ collection, record, edit }: Omit<EditPanelProps, 'own'>) {
  return [...collection.fields].map(([field, spec]) => {
    // The server tells JSON.
    const value = (record.fields[field] ?? null) as Json
    const entered = edit.entered[field]
    return (
      <FieldRow
        key={field}
        field={field}
        spec={spec}
        value={value}
        basis={entered === undefined || edit.seen === null ? value : ((edit.seen[field] ?? null) as Json)}
        entered={entered}
        isReadOnly={record.readOnly.has(field)}
        isStaged={record.staged.has(field)}
        isChangedMeanwhile={edit.changedMeanwhile.includes(field)}
        conflict={record.disputed[field]}
        onEnter={(next) => edit.enter(field, next)}
        onLeave={() => edit.leave(field)}
      />
    )
  })
}

const MeanwhileNotice = ({ edit }: { readonly edit: RecordEdit }) => (
  <Alert color="orange" m="sm" role="status" title="Somebody has changed what you are changing">
    <Text size="sm">
      {edit.changedMeanwhile.join(', ')}: sent like this, it says that you had not seen that. A critical value
      is then held for a person.
    </Text>
    <Button size="compact-xs" variant="default" mt="xs" onClick={edit.haveSeen}>
      I have seen it: write mine on top
    </Button>
  </Alert>
)
