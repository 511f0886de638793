/** Whom the server takes the user for. In an open demo he may be anybody; otherwise he may sign out. */
import { Button, Menu, Text, TextInput } from '@mantine/core'
import { IconUserCircle } from '@tabler/icons-react'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useConsole } from '../session/console-context.ts'

/** People of the demo's scenes. */
const NAMES = ['reviewer', 'dr.hopper', 'nurse.jackson', 'clerk-1']

/** What the server takes for a name. */
const NAME = /^[\w.@-]{1,64}$/

export function ActingAs() {
  const { session, signIn } = useConsole()
  return (
    <Menu position="bottom-end" width={280} shadow="md">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<IconUserCircle size={17} stroke={1.7} aria-hidden />}
          aria-label={session.isOpen ? `Acting as ${session.subject}` : `Signed in as ${session.subject}`}
        >
          <span dir="auto">{session.subject}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {session.isOpen ? <DemoMenu /> : <SignedInMenu onSignOut={() => signIn(null)} />}
      </Menu.Dropdown>
    </Menu>
  )
}

function DemoMenu() {
  const { session, signIn } = useConsole()
  const [name, setName] = useState('')
  const choose = (event: FormEvent): void => {
    event.preventDefault()
    if (NAME.test(name)) signIn(name)
  }
  return (
    <>
      <Text size="sm" px="sm" py={6} c="dimmed">
        This is an open demo: nobody is verified, any name will do, and everybody has every role.
      </Text>
      <Menu.Label>Act as</Menu.Label>
      {NAMES.map((other) => (
        <Menu.Item key={other} onClick={() => signIn(other)} disabled={other === session.subject}>
          {other}
        </Menu.Item>
      ))}
      <Menu.Divider />
      <form onSubmit={choose}>
        <TextInput
          px="xs"
          pb={6}
          size="xs"
          label="Somebody else"
          placeholder="ada"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={name === '' || NAME.test(name) ? null : 'Letters, digits and . @ - _'}
        />
      </form>
    </>
  )
}

function SignedInMenu({ onSignOut }: { readonly onSignOut: () => void }) {
  const { session } = useConsole()
  return (
    <>
      <Text size="sm" px="sm" py={6}>
        {session.tenant}
        <Text span c="dimmed" display="block" size="xs">
          {session.roles.length === 0 ? 'no roles' : session.roles.join(', ')}
        </Text>
      </Text>
      <Menu.Divider />
      <Menu.Item onClick={onSignOut}>Sign out</Menu.Item>
    </>
  )
}
