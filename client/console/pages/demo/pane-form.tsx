/** The patient's fields in one pane: a critical one, a counter, and one that the last write wins. */
import { ActionIcon, Button, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core'
import { IconMinus, IconPlus } from '@tabler/icons-react'
import type { FormEvent, ReactNode } from 'react'
import { useState } from 'react'
import { StatusBadge } from '../../components/status-badge.tsx'
import classes from './pane-form.module.css'
import type { DemoRecord } from './scene.ts'

export interface PaneFormProps {
  readonly record: DemoRecord
  /** Told of what merges by itself. */
  readonly onEdit: () => void
}

export function PaneForm({ record, onEdit }: PaneFormProps) {
  const { visits, heartRate } = record.fields
  const visit = (amount: 1 | -1): void => {
    record.change((draft) => draft.visits.increment(amount))
    onEdit()
  }
  return (
    <Stack gap="xs">
      <DiagnosisRow record={record} />
      <Row label="Visits" hint="counter: adds up" staged={record.staged.has('visits')}>
        <Group gap={6} wrap="nowrap">
          <ActionIcon
            variant="default"
            size={30}
            aria-label="One visit less"
            disabled={visits < 1}
            onClick={() => visit(-1)}
          >
            <IconMinus size={15} />
          </ActionIcon>
          <Text miw={28} ta="center" fw={600} className="tabular" aria-live="polite">
            {visits}
          </Text>
          <ActionIcon variant="default" size={30} aria-label="One visit more" onClick={() => visit(1)}>
            <IconPlus size={15} />
          </ActionIcon>
        </Group>
      </Row>
      <Row label="Heart rate" hint="last write wins" staged={record.staged.has('heartRate')}>
        <NumberInput
          size="xs"
          w={110}
          aria-label="Heart rate"
          value={heartRate ?? ''}
          onChange={(value) => {
            if (typeof value !== 'number' || value === heartRate) return
            record.change((draft) => {
              draft.heartRate = value
            })
            onEdit()
          }}
          suffix=" bpm"
          min={0}
          max={300}
        />
      </Row>
    </Stack>
  )
}

function DiagnosisRow({ record }: { readonly record: DemoRecord }) {
  const [entered, setEntered] = useState<string | null>(null)
  const shown = record.fields.diagnosis ?? ''
  const isDisputed = record.view.disputed.diagnosis !== undefined
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (entered !== null && entered.trim() !== '' && entered !== shown)
      record.change((draft) => {
        draft.diagnosis = entered.trim()
      })
    setEntered(null)
  }
  return (
    <Row
      label="Diagnosis"
      hint="critical: held for a person"
      staged={record.staged.has('diagnosis')}
      isDisputed={isDisputed}
    >
      <form onSubmit={submit}>
        <Group gap={6} wrap="nowrap">
          <TextInput
            size="xs"
            aria-label="Diagnosis"
            dir="auto"
            value={entered ?? shown}
            onChange={(event) => setEntered(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setEntered(null)
            }}
            {...(isDisputed ? { className: classes.disputed ?? '' } : {})}
          />
          {entered === null || entered === shown ? null : (
            <Button type="submit" size="xs">
              Save
            </Button>
          )}
        </Group>
      </form>
    </Row>
  )
}

interface RowProps {
  readonly label: string
  readonly hint: string
  readonly staged: boolean
  readonly isDisputed?: boolean
  readonly children: ReactNode
}

const Row = ({ label, hint, staged, isDisputed = false, children }: RowProps) => (
  <div className={classes.row}>
    <div>
      <Text size="sm" fw={500}>
        {label}
      </Text>
      <Text size="xs" c="dimmed">
        {hint}
      </Text>
    </div>
    <Group gap="xs" wrap="wrap">
      {children}
      {isDisputed ? <StatusBadge status="disputed" /> : null}
      {staged ? <StatusBadge status="staged" label="not confirmed" /> : null}
    </Group>
  </div>
)
