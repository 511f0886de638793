/** Starts the console. */
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './theme.css'
import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { ErrorBoundary } from './frame/error-boundary.tsx'
import { SessionGate } from './session/session-gate.tsx'
import { cssVariables, theme } from './theme.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no root')

createRoot(root).render(
  <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
    <Notifications position="bottom-right" limit={4} />
    <ErrorBoundary>
      <SessionGate>
        <App />
      </SessionGate>
    </ErrorBoundary>
  </MantineProvider>,
)
