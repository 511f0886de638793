/** Why something could not be loaded, and what to do: denied, not there, not reachable, or broken. */
import { Button, Code } from '@mantine/core'
import { IconAlertTriangle, IconCloudOff, IconLock, IconZoomQuestion } from '@tabler/icons-react'
import { RestProblem } from '../session/rest-client.ts'
import { EmptyState } from './empty-state.tsx'

export interface LoadErrorProps {
  readonly error: unknown
  readonly onRetry?: () => void
}

export function LoadError({ error, onRetry }: LoadErrorProps) {
  const { title, icon } = kindOf(error)
  const text =
    error instanceof RestProblem ? (
      <>
        {error.message}. {error.remedy} <Code>{error.code}</Code>
      </>
    ) : (
      messageOf(error)
    )
  return (
    <div role="alert">
      <EmptyState
        title={title}
        icon={icon}
        text={text}
        action={
          onRetry === undefined ? null : (
            <Button variant="default" size="xs" mt="xs" onClick={onRetry}>
              Try again
            </Button>
          )
        }
      />
    </div>
  )
}

function kindOf(error: unknown) {
  const code = error instanceof RestProblem ? error.code : ''
  if (code === 'forbidden') return { title: 'You may not see this', icon: IconLock }
  if (code === 'unreachable') return { title: 'The server cannot be reached', icon: IconCloudOff }
  if (code === 'not_found') return { title: 'There is no such thing', icon: IconZoomQuestion }
  return { title: 'This could not be loaded', icon: IconAlertTriangle }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
