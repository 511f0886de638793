/** The scene: the guide, the two panes, the conflict when there is one, and what the server made of it all. */
import { SimpleGrid, Skeleton, Stack } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { Dispatch } from 'react'
import { useCallback, useEffect, useReducer, useState } from 'react'
import { LoadError, messageOf } from '../../components/load-error.tsx'
import { Page } from '../../components/page.tsx'
import { useRecord } from '../../hooks/sluice-hooks.ts'
import { useChangeFeed } from '../../hooks/use-change-feed.ts'
import { useConsole } from '../../session/console-context.ts'
import { Evidence } from './evidence.tsx'
import { Guide } from './guide.tsx'
import { HeldConflict } from './held-conflict.tsx'
import { PaneView } from './pane-view.tsx'
import { playConflict, playMerge } from './play.ts'
import { RestartServer } from './restart-server.tsx'
import { COLLECTION, PATIENT, PEOPLE, RECORD_ID } from './scene.ts'
import type { DemoEvent } from './steps.ts'
import { advance, START } from './steps.ts'
import type { Pane } from './use-pane.ts'
import { usePane, usePaneState } from './use-pane.ts'

const LINES_SHOWN = 14

export function DemoScene() {
  const doctor = usePane(PEOPLE[0])
  const nurse = usePane(PEOPLE[1])
  if (doctor instanceof Error) return <LoadError error={doctor} />
  if (nurse instanceof Error) return <LoadError error={nurse} />
  return doctor === null || nurse === null ? (
    <Page title={PATIENT}>
      <Skeleton height={420} />
    </Page>
  ) : (
    <OpenScene doctor={doctor} nurse={nurse} />
  )
}

function OpenScene({ doctor, nurse }: { readonly doctor: Pane; readonly nurse: Pane }) {
  const { client, rest } = useConsole()
  const [progress, dispatch] = useReducer(advance, START)
  const record = useRecord(COLLECTION, RECORD_ID)
  const feed = useChangeFeed(rest, `collection=${COLLECTION}&record=${RECORD_ID}`, LINES_SHOWN)
  const conflict = record.conflicts.find(({ fields }) => fields.includes('diagnosis')) ?? null
  const edits = useEdits(doctor, nurse, dispatch, conflict !== null)
  const { isPlaying, play } = usePlay(doctor, nurse, async () => {
    if (conflict !== null) await record.handle.resolve(conflict.id, { choose: conflict.incumbent.id })
  })
  return (
    <Page
      title={PATIENT}
      lead="Two people, two devices, one record. Switch one of them offline and see what becomes of what they write."
      actions={
        <RestartServer
          onBack={() => {
            for (const each of [doctor.client, nurse.client, client])
              if (each.status.name !== 'stopped') each.connect()
          }}
        />
      }
    >
      <Stack gap="sm">
        <Guide progress={progress} isPlaying={isPlaying} onPlay={play} />
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="sm">
          <PaneView pane={doctor} onEdit={edits[0]} />
          <PaneView pane={nurse} onEdit={edits[1]} />
        </SimpleGrid>
        {conflict === null ? null : <HeldConflict record={record.handle} conflict={conflict} />}
        <Evidence feed={feed} version={record.version} />
      </Stack>
    </Page>
  )
}

/** Tells the guide what happens. @returns for each pane what it calls when something was edited that merges. */
function useEdits(
  doctor: Pane,
  nurse: Pane,
  dispatch: Dispatch<DemoEvent>,
  isDisputed: boolean,
): readonly [() => void, () => void] {
  const first = usePaneState(doctor)
  const second = usePaneState(nurse)
  const isSettled = first.isOnline && second.isOnline && !first.isPending && !second.isPending
  useEffect(() => dispatch({ type: 'seen', isSettled, isDisputed }), [dispatch, isSettled, isDisputed])
  const isApart = useCallback(
    () => [doctor, nurse].some(({ client }) => client.status.name === 'stopped'),
    [doctor, nurse],
  )
  const onDoctor = useCallback(
    () => dispatch({ type: 'edited', pane: 0, isApart: isApart() }),
    [dispatch, isApart],
  )
  const onNurse = useCallback(
    () => dispatch({ type: 'edited', pane: 1, isApart: isApart() }),
    [dispatch, isApart],
  )
  return [onDoctor, onNurse]
}

function usePlay(doctor: Pane, nurse: Pane, decide: () => Promise<void>) {
  const [isPlaying, setPlaying] = useState(false)
  const play = (step: 0 | 1 | 2): void => {
    const acts = [() => playMerge([doctor, nurse]), () => playConflict([doctor, nurse]), decide]
    setPlaying(true)
    acts[step]?.()
      .catch((error: unknown) => {
        notifications.show({ color: 'red', title: 'The step did not go through', message: messageOf(error) })
      })
      .finally(() => setPlaying(false))
  }
  return { isPlaying, play }
}
