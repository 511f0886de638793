/** A record at two moments beside each other, field by field; and, written anew, what one of them was. */
import { Button, Group, Skeleton, Switch, Table, Text, VisuallyHidden } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import type { Json, JsonObject } from '../../../../shared/json.ts'
import { jsonEqual } from '../../../../shared/json.ts'
import type { Fields } from '../../../../shared/schema/collection.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { ShownRecord } from '../../../react/index.ts'
import { LoadError } from '../../components/load-error.tsx'
import { Panel, PanelNote } from '../../components/panel.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { ValueView } from '../../components/value-view.tsx'
import { useAnswer } from '../../hooks/use-answer.ts'
import { useConsole } from '../../session/console-context.ts'
import type { Stop } from './moments.ts'
import { RestoreButton } from './restore-button.tsx'
import classes from './time-travel.module.css'
import type { OwnActions } from './use-own-actions.ts'
import { ValueChange } from './value-change.tsx'
import { VersionSlider } from './version-slider.tsx'
import { differencesOf } from './write-values.ts'

export interface TimeTravelProps {
  readonly collection: CollectionSpec
  /** Of the record, in the API. */
  readonly path: string
  readonly record: ShownRecord<Fields>
  readonly stops: readonly Stop[]
  /** The moment that is looked at. */
  readonly version: string
  readonly onTravel: (version: string) => void
  readonly own: OwnActions
}

/** While the slider moves, not every moment that it passes is read. */
const PAUSE_MS = 120

/** The record as `?at=` tells it. */
export interface PastRecord {
  readonly version: string
  readonly fields: JsonObject
  readonly deleted: boolean
}

export function TimeTravel(props: TimeTravelProps) {
  const { collection, path, record, stops, version, onTravel, own } = props
  const now = stops.at(-1)?.version ?? version
  const [other, setOther] = useState<string | null>(null)
  const [isWhole, setWhole] = useState(false)
  const then = usePast(path, version)
  const compared = usePast(path, other ?? now)
  const named = stops.map((stop) => ({ key: stop.version, label: labelOf(stop) }))
  const error = then.error ?? compared.error
  return (
    <Panel
      title="Time travel"
      aside={
        <Switch
          size="xs"
          label="All fields"
          checked={isWhole}
          onChange={(event) => setWhole(event.currentTarget.checked)}
        />
      }
    >
      <div className={classes.sliders}>
        <VersionSlider label="Look at" stops={named} value={version} onChange={onTravel} />
        <VersionSlider label="Compare with" stops={named} value={other ?? now} onChange={setOther} />
      </div>
      {error !== null ? (
        <LoadError
          error={error}
          onRetry={() => {
            then.retry()
            compared.retry()
          }}
        />
      ) : then.past === null || compared.past === null ? (
        <Skeleton height={120} m="sm" width="auto" />
      ) : (
        <>
          <div aria-busy={!then.isCurrent || !compared.isCurrent}>
            <Comparison collection={collection} before={then.past} after={compared.past} isWhole={isWhole} />
          </div>
          <Group p="sm" gap="xs">
            <RestoreButton
              collection={collection}
              record={record}
              past={then.isCurrent ? then.past : null}
              own={own}
            />
            {other === null ? null : (
              <Button size="xs" variant="default" onClick={() => setOther(null)}>
                Compare with now
              </Button>
            )}
          </Group>
        </>
      )}
    </Panel>
  )
}

interface Past {
  /** As it was read last; null until then. */
  readonly past: PastRecord | null
  /** Whether that is the version asked for. */
  readonly isCurrent: boolean
  readonly error: unknown
  readonly retry: () => void
}

function usePast(path: string, version: string): Past {
  const { rest } = useConsole()
  const [asked] = useDebouncedValue(version, PAUSE_MS)
  const { body, error, retry } = useAnswer(rest, `${path}?at=${encodeURIComponent(asked)}`, 0)
  // The server's own answer.
  const past = body === undefined ? null : (body as unknown as PastRecord)
  return { past, isCurrent: past?.version === version, error, retry }
}

interface ComparisonProps {
  readonly collection: CollectionSpec
  readonly before: PastRecord
  readonly after: PastRecord
  readonly isWhole: boolean
}

function Comparison({ collection, before, after, isWhole }: ComparisonProps) {
  const differing = differencesOf(collection, before.fields, after.fields)
  const fields = isWhole
    ? [...collection.fields.keys()].filter((field) => field in before.fields || field in after.fields)
    : differing.map(({ field }) => field)
  return (
    <>
      {before.deleted === after.deleted ? null : (
        <PanelNote>
          {before.deleted ? 'It was deleted then, and is not in the other.' : 'It is deleted in the other.'}
        </PanelNote>
      )}
      {fields.length === 0 ? (
        <PanelNote>Both moments have the same in every field.</PanelNote>
      ) : (
        <ScrollTable label="The fields at both moments" minWidth={320} verticalSpacing={5}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              <Table.Th>From the first to the second</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {fields.map((field) => (
              <Table.Tr key={field}>
                <Table.Th scope="row" dir="auto" className={classes.field ?? ''}>
                  {field}
                </Table.Th>
                <Table.Td className={classes.value ?? ''}>
                  <Values
                    spec={collection.fields.get(field) ?? null}
                    before={before.fields[field]}
                    after={after.fields[field]}
                  />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </ScrollTable>
      )}
    </>
  )
}

interface ValuesProps {
  readonly spec: Parameters<typeof ValueChange>[0]['spec']
  /** Undefined: that moment does not tell it. */
  readonly before: Json | undefined
  readonly after: Json | undefined
}

function Values({ spec, before, after }: ValuesProps) {
  if (before === undefined || after === undefined)
    return (
      <>
        <ValueView value={before ?? after} spec={spec} />
        <Text size="xs" c="dimmed">
          Only one of the moments tells it: the other is of another document of the record.
        </Text>
      </>
    )
  if (!jsonEqual(before, after)) return <ValueChange spec={spec} before={before} after={after} />
  return (
    <>
      <VisuallyHidden>the same: </VisuallyHidden>
      <ValueView value={after} spec={spec} />
    </>
  )
}

function labelOf({ moment }: Stop): string {
  if (moment === null) return 'Now'
  const { author, receivedAt } = moment
  return `${author}, ${new Date(receivedAt).toLocaleString()}`
}
