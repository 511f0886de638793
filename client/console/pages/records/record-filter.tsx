/** One field, and the value that the records shown have to have. */
import { Button, Group, NativeSelect, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { RecordsView } from './records-view.ts'
import { enteredValue, listableFields } from './records-view.ts'

export interface RecordFilterProps {
  readonly collection: CollectionSpec
  readonly filter: RecordsView['filter']
  readonly onFilter: (filter: RecordsView['filter']) => void
}

export function RecordFilter({ collection, filter, onFilter }: RecordFilterProps) {
  const [field, setField] = useState(filter?.field ?? '')
  const [text, setText] = useState(filter?.text ?? '')
  const spec = collection.fields.get(field)
  const entered = spec === undefined ? null : enteredValue(spec, text)
  const fields = listableFields(collection)
  if (fields.length === 0) return null
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (entered?.ok === true) onFilter({ field, text })
  }
  const choices = spec?.kind === 'boolean' ? ['true', 'false'] : (spec?.values ?? [])
  return (
    <form onSubmit={submit}>
      <Group gap={6} align="flex-end">
        <NativeSelect
          size="xs"
          label="Where"
          data={[{ value: '', label: 'any field' }, ...fields]}
          value={field}
          onChange={({ currentTarget: { value } }) => {
            setField(value)
            setText('')
            if (value === '' && filter !== null) onFilter(null)
          }}
        />
        {spec === undefined ? null : choices.length > 0 ? (
          <NativeSelect
            size="xs"
            label="is"
            data={[{ value: '', label: 'no value' }, ...choices]}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        ) : (
          <TextInput
            size="xs"
            w={150}
            label="is"
            placeholder="no value"
            dir="auto"
            value={text}
            error={entered?.ok === false ? `${field} ${entered.problem}` : null}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        {spec === undefined ? null : (
          <Button type="submit" size="xs" variant="default" disabled={entered?.ok !== true}>
            Filter
          </Button>
        )}
        {filter === null ? null : (
          <Button size="xs" variant="subtle" onClick={() => onFilter(null)}>
            Show all
          </Button>
        )}
      </Group>
    </form>
  )
}
