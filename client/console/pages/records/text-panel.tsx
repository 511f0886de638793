/** One text of a record: as it is, as it was, and the difference. */
import { Button, Group, SegmentedControl, Skeleton, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useMemo, useState } from 'react'
import { LoadError } from '../../components/load-error.tsx'
import { Panel, PanelNote } from '../../components/panel.tsx'
import { WordDiff } from '../../components/word-diff.tsx'
import { useAnswer } from '../../hooks/use-answer.ts'
import { usePages } from '../../hooks/use-pages.ts'
import { useRefreshed } from '../../hooks/use-refreshed.ts'
import { useConsole } from '../../session/console-context.ts'
import { RestProblem } from '../../session/rest-client.ts'
import { AuthoredText } from './authored-text.tsx'
import type { TextAuthors, TextRun } from './text-authors.ts'
import { plainOf, textStopsOf } from './text-authors.ts'
import classes from './time-travel.module.css'
import { VersionSlider } from './version-slider.tsx'

export interface TextPanelProps {
  /** Of the record, in the API. */
  readonly path: string
  readonly field: string
}

const REFRESH_MS = 4_000
const PAGE = 100
const PAUSE_MS = 120

export function TextPanel({ path, field }: TextPanelProps) {
  const { rest } = useConsole()
  const latest = useRefreshed(rest, `${path}/text-versions?limit=1`, REFRESH_MS)
  const newest = newestOf(latest.body)
  const pages = usePages<TextRun>(rest, `${path}/text-versions?limit=${PAGE}`, newest)
  const stops = useMemo(() => textStopsOf(pages.items ?? []), [pages.items])
  const now = stops.at(-1)?.key ?? newest
  const [version, setVersion] = useState<string | null>(null)
  const [other, setOther] = useState<string | null>(null)
  const [form, setForm] = useState<'authors' | 'difference'>('authors')
  const first = stops[0]?.key ?? now
  const shown = useTextAt(path, field, version, newest)
  const compared = useTextAt(path, field, other ?? first, newest)
  // Versions count the updates of all texts: they are for those who may read all of them (A7).
  const isWithoutVersions = pages.error instanceof RestProblem && pages.error.code === 'forbidden'
  if (pages.error !== null && !isWithoutVersions && pages.items === null)
    return <LoadError error={pages.error} onRetry={pages.retry} />
  return (
    <Panel
      title={field}
      aside={
        stops.length < 2 ? null : (
          <SegmentedControl
            size="xs"
            aria-label="What is shown"
            value={form}
            onChange={(next) => setForm(next === 'difference' ? 'difference' : 'authors')}
            data={[
              { value: 'authors', label: 'By author' },
              { value: 'difference', label: 'Difference' },
            ]}
          />
        )
      }
    >
      {stops.length < 2 ? null : (
        <div className={classes.sliders}>
          {form === 'difference' ? (
            <VersionSlider label="From" stops={stops} value={other ?? first} onChange={setOther} />
          ) : null}
          <VersionSlider
            label={form === 'difference' ? 'To' : 'Look at'}
            stops={stops}
            value={version ?? now}
            onChange={(next) => setVersion(next === now ? null : next)}
          />
          {pages.more === null ? null : (
            <Group>
              <Button size="compact-xs" variant="default" onClick={pages.more}>
                Read earlier versions
              </Button>
            </Group>
          )}
        </div>
      )}
      {isWithoutVersions ? (
        <PanelNote>You may not read all texts of the record, so its versions are not shown.</PanelNote>
      ) : null}
      <ShownText form={form} shown={shown} compared={compared} />
    </Panel>
  )
}

interface TextAt {
  readonly text: TextAuthors | null
  readonly error: unknown
  readonly retry: () => void
}

/** @param version null: as it is now. @param newest changes when there is something new. */
function useTextAt(path: string, field: string, version: string | null, newest: string): TextAt {
  const { rest } = useConsole()
  const [asked] = useDebouncedValue(version, PAUSE_MS)
  const at = asked === null ? '' : `?at=${asked}`
  const address = `${path}/text/${encodeURIComponent(field)}/authors${at}`
  const { body, error, retry } = useAnswer(rest, address, asked === null ? newest : '')
  // The server's own answer.
  return { text: body === undefined ? null : (body as unknown as TextAuthors), error, retry }
}

interface ShownTextProps {
  readonly form: 'authors' | 'difference'
  readonly shown: TextAt
  readonly compared: TextAt
}

function ShownText({ form, shown, compared }: ShownTextProps) {
  const failed = [shown, ...(form === 'difference' ? [compared] : [])].find(({ error }) => error !== null)
  if (failed !== undefined) return <LoadError error={failed.error} onRetry={failed.retry} />
  if (shown.text === null || (form === 'difference' && compared.text === null))
    return <Skeleton height={160} m="sm" width="auto" />
  if (form === 'difference' && compared.text !== null)
    return (
      <Text size="sm" component="div" p="sm" maw="75ch">
        <WordDiff before={plainOf(compared.text)} after={plainOf(shown.text)} />
      </Text>
    )
  if (plainOf(shown.text) === '') return <PanelNote>Nothing has been written.</PanelNote>
  return <AuthoredText text={shown.text} />
}

/** The server's own answer: a page of one run, or none. */
function newestOf(body: unknown): string {
  const page = body as { readonly items?: readonly TextRun[] } | undefined
  return String(page?.items?.[0]?.to ?? 0)
}
