/** Where a token is pasted: at the start, and when the one that there was is not accepted any more. */
import { Alert, Button, Center, Group, Modal, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { messageOf } from '../components/load-error.tsx'
import type { RestProblem } from './rest-client.ts'

export interface SignInPageProps {
  readonly problem: RestProblem | null
  readonly onToken: (token: string) => void
}

export const SignInPage = ({ problem, onToken }: SignInPageProps) => (
  <Center mih="100dvh" p="md" component="main">
    <Paper withBorder p="xl" w={440} maw="100%">
      <Title order={1} mb={4}>
        Sluice
      </Title>
      <Text c="dimmed" mb="lg">
        Sign in with a token of your identity provider. It stays in this tab and ends with it.
      </Text>
      <TokenForm
        problem={problem === null ? null : `The token was not accepted: ${problem.message}.`}
        onToken={async (token) => onToken(token)}
      />
    </Paper>
  </Center>
)

export interface ExpiredDialogProps {
  readonly isOpen: boolean
  readonly subject: string
  readonly onToken: (token: string) => Promise<void>
  readonly onSignOut: () => void
}

/** Over the page, which stays as it is: nothing that was entered or not yet sent is lost. */
export const ExpiredDialog = ({ isOpen, subject, onToken, onSignOut }: ExpiredDialogProps) => (
  <Modal opened={isOpen} onClose={() => {}} withCloseButton={false} title="Your token has expired" centered>
    <Text mb="md">
      Paste a fresh token of <strong>{subject}</strong> to go on. What you have entered, and what was not sent
      yet, is still here.
    </Text>
    <TokenForm problem={null} onToken={onToken} onSignOut={onSignOut} />
  </Modal>
)

interface TokenFormProps {
  readonly problem: string | null
  readonly onToken: (token: string) => Promise<void>
  readonly onSignOut?: () => void
}

function TokenForm({ problem, onToken, onSignOut }: TokenFormProps) {
  const [token, setToken] = useState('')
  const [failure, setFailure] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setFailure(null)
    await onToken(token.trim()).catch((error: unknown) => setFailure(messageOf(error)))
    setBusy(false)
  }
  const shown = failure ?? problem
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        {shown === null ? null : (
          <Alert color="red" role="alert">
            {shown}
          </Alert>
        )}
        <PasswordInput
          label="Token"
          description="A JSON Web Token"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
          required
        />
        <Group justify="flex-end" gap="xs">
          {onSignOut === undefined ? null : (
            <Button variant="default" onClick={onSignOut}>
              Sign out
            </Button>
          )}
          <Button type="submit" loading={isBusy} disabled={token.trim() === ''}>
            Sign in
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
