/** All that is known of one change. */
import { Anchor, Box, Code, Group, Stack, Text } from '@mantine/core'
import { Link } from 'wouter'
import { plural } from '../../components/figures.ts'
import { StatusBadge } from '../../components/status-badge.tsx'
import type { CausalChange } from './inspection.ts'

export function ChangeDetails({ change }: { readonly change: CausalChange }) {
  const { hash, author, door, device, receivedAt, operations, builds, outcomes, conflicts } = change
  return (
    <Box
      p="sm"
      component="section"
      aria-label="The chosen change"
      style={{ borderBlockStart: '1px solid var(--console-line)' }}
    >
      <Text size="sm" dir="auto" style={{ overflowWrap: 'anywhere' }}>
        <strong>{author}</strong> by {door}
        {device === null ? '' : ` on ${device}`}, {new Date(receivedAt).toLocaleString()},{' '}
        {plural(operations, 'operation')}
      </Text>
      <Text size="xs" c="dimmed" mt={2} style={{ overflowWrap: 'anywhere' }}>
        <Code>{hash}</Code> builds on {builds.length === 0 ? 'nothing' : <Hashes hashes={builds} />}
      </Text>
      {outcomes.length === 0 ? null : (
        <Stack gap={4} mt="xs">
          {outcomes.map(({ field, outcome, reason, code }) => (
            <Group key={field} gap={6} wrap="wrap">
              <Code>{field}</Code>
              <StatusBadge status={outcome} />
              <Text size="sm" c="dimmed" dir="auto">
                {[reason, code].filter((part) => part !== null).join(' · ')}
              </Text>
            </Group>
          ))}
        </Stack>
      )}
      {conflicts.length === 0 ? null : (
        <Group gap="sm" mt="xs">
          {conflicts.map((id) => (
            <Anchor key={id} component={Link} href={`/inbox/${id}`} size="sm">
              Conflict {id.slice(0, 8)}
            </Anchor>
          ))}
        </Group>
      )}
    </Box>
  )
}

/** Long enough to tell changes of one record from each other. */
export const shortHash = (hash: string): string => hash.slice(0, 10)

export const Hashes = ({ hashes }: { readonly hashes: readonly string[] }) => (
  <>
    {hashes.map((hash, index) => (
      <span key={hash}>
        {index === 0 ? '' : ', '}
        <Code title={hash}>{shortHash(hash)}</Code>
      </span>
    ))}
  </>
)
