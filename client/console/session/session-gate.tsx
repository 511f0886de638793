/** Shows the console to whom the server has let in, and otherwise what stands between. */
import { Center, Loader } from '@mantine/core'
import type { ReactNode } from 'react'
import { LoadError } from '../components/load-error.tsx'
import { SluiceProvider } from '../hooks/sluice-hooks.ts'
import { ConsoleContext } from './console-context.ts'
import { ExpiredDialog, SignInPage } from './sign-in.tsx'
import { useSession } from './use-session.ts'

export function SessionGate({ children }: { readonly children: ReactNode }) {
  const { state, signIn, renew, retry } = useSession()
  switch (state.name) {
    case 'loading':
      return (
        <Center h="100dvh">
          <Loader type="dots" aria-label="Loading" />
        </Center>
      )
    case 'failed':
      return (
        <Center h="100dvh" component="main">
          <LoadError error={state.error} onRetry={retry} />
        </Center>
      )
    case 'signed-out':
      return <SignInPage problem={state.problem} onToken={signIn} />
    case 'open': {
      const { session } = state.console
      return (
        // What pages hold in their state belongs to one person.
        <ConsoleContext.Provider key={`${session.tenant} ${session.subject}`} value={state.console}>
          <SluiceProvider client={state.console.client}>{children}</SluiceProvider>
          <ExpiredDialog
            isOpen={state.isExpired}
            subject={session.subject}
            onToken={renew}
            onSignOut={() => signIn(null)}
          />
        </ConsoleContext.Provider>
      )
    }
  }
}
