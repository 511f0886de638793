/** Creates a record, if its author may: what it lacks is said before it is sent, and what became of it after. */
import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import type { Json } from '../../../../shared/json.ts'
import { isRecordId } from '../../../../shared/record/record-id.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import { FieldInput } from '../../components/field-input.tsx'
import { messageOf } from '../../components/load-error.tsx'
import { useRecord } from '../../hooks/sluice-hooks.ts'
import { useConsole } from '../../session/console-context.ts'

export interface NewRecordProps {
  readonly collection: CollectionSpec
  /** Left out, one is proposed. */
  readonly id?: string
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly onCreated: (id: string) => void
}

export function NewRecord({ isOpen, onClose, ...props }: NewRecordProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={`New record of ${props.collection.name}`} size="md">
      <NewRecordForm onClose={onClose} {...props} />
    </Modal>
  )
}

const newId = (): string => crypto.randomUUID().slice(0, 8)

function NewRecordForm({ collection, id: given, onClose, onCreated }: Omit<NewRecordProps, 'isOpen'>) {
  const [proposed] = useState(newId)
  const [id, setId] = useState(given ?? '')
  const [values, setValues] = useState<Readonly<Record<string, Json>>>({})
  const [problem, setProblem] = useState<string | null>(null)
  // Whoever may not create this one may create none.
  const { client } = useConsole()
  const { isCurrent, mayDelete, readOnly } = useRecord(collection.name, given ?? proposed)
  if (isCurrent && !mayDelete)
    return <Alert color="gray">You may read this collection, but not create a record in it.</Alert>
  const create = (event: FormEvent): void => {
    event.preventDefault()
    const chosen = id.trim() === '' ? proposed : id.trim()
    if (!isRecordId(chosen)) return setProblem('The id may hold no slash and no control character.')
    const record = client.record(collection.name, chosen)
    try {
      record.create(values)
      onCreated(chosen)
      onClose()
    } catch (error) {
      setProblem(`${messageOf(error)}.`)
    } finally {
      record.close()
    }
  }
  return (
    <form onSubmit={create}>
      <Stack gap="xs">
        <TextInput
          size="xs"
          label="Id"
          placeholder={proposed}
          description="Left out, it is the one proposed."
          dir="auto"
          value={id}
          disabled={given !== undefined}
          onChange={(event) => setId(event.currentTarget.value)}
          data-autofocus
        />
        <NewValues
          collection={collection}
          readOnly={readOnly}
          values={values}
          onEnter={(field, value) => setValues((before) => entered(before, field, value))}
        />
        {collection.texts.length === 0 ? null : (
          <Text size="xs" c="dimmed">
            {collection.texts.join(', ')}: rich text is written when the record is there.
          </Text>
        )}
        {problem === null ? null : (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button size="xs" variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button size="xs" type="submit">
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface NewValuesProps {
  readonly collection: CollectionSpec
  readonly readOnly: ReadonlySet<string>
  readonly values: Readonly<Record<string, Json>>
  readonly onEnter: (field: string, value: Json) => void
}

const NewValues = ({ collection, readOnly, values, onEnter }: NewValuesProps) =>
  [...collection.fields]
    .filter(([field]) => !readOnly.has(field))
    .map(([field, spec]) => (
      <FieldInput
        key={field}
        name={spec.required ? `${field} (required)` : field}
        spec={spec}
        value={values[field] ?? spec.default ?? null}
        onChange={(value) => onEnter(field, value)}
      />
    ))

/** What is left empty is not written. */
const entered = (
  values: Readonly<Record<string, Json>>,
  field: string,
  value: Json,
): Readonly<Record<string, Json>> =>
  Object.fromEntries(Object.entries({ ...values, [field]: value }).filter(([, own]) => own !== null))
