/** The pages of the console. Each is loaded when it is opened for the first time. */
import { Skeleton, Stack } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { EmptyState } from './components/empty-state.tsx'
import { AppFrame } from './frame/app-frame.tsx'
import { ErrorBoundary } from './frame/error-boundary.tsx'
import { useConsole } from './session/console-context.ts'

const DemoPage = lazy(() => import('./pages/demo/demo-page.tsx'))
const InboxPage = lazy(() => import('./pages/inbox/inbox-page.tsx'))
const RecordsPage = lazy(() => import('./pages/records/records-page.tsx'))
const InspectorPage = lazy(() => import('./pages/inspector/inspector-page.tsx'))
const OperationsPage = lazy(() => import('./pages/operations/operations-page.tsx'))

export function App() {
  const [path] = useLocation()
  const { session } = useConsole()
  return (
    <AppFrame>
      {/* A page that has failed is left by going to another one. */}
      <ErrorBoundary key={path.split('/')[1]}>
        <Suspense fallback={<PageSkeleton />}>
          <Switch>
            <Route path="/">
              {/* The demo needs a server that takes any name for a token. */}
              <Redirect to={session.isOpen ? '/demo' : '/inbox'} replace />
            </Route>
            <Route path="/demo" component={DemoPage} />
            <Route path="/inbox/*?" component={InboxPage} />
            <Route path="/records/*?" component={RecordsPage} />
            <Route path="/inspect/*?" component={InspectorPage} />
            <Route path="/operations" component={OperationsPage} />
            <Route>
              <EmptyState
                title="Nothing is at this address"
                text="The pages of the console are on the left."
              />
            </Route>
          </Switch>
        </Suspense>
      </ErrorBoundary>
    </AppFrame>
  )
}

const PageSkeleton = () => (
  <Stack gap="md" p="lg" aria-busy="true" aria-label="Loading">
    <Skeleton height={26} width={180} />
    <Skeleton height={14} width="60%" />
    <Skeleton height={220} />
  </Stack>
)
