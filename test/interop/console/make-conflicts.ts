// Conflicts as they come about: two people read the same version of a record, and both write.
import type { ServerProcess } from '../../support/server-process.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

type Server = Pick<ServerProcess, 'url'>

interface Competing {
  readonly field: string
  readonly values: readonly (string | number)[]
}

/** @returns the version that both sides had seen. */
export async function makeConflict(
  server: Server,
  id: string,
  { field, values }: Competing,
): Promise<string> {
  const address = `${server.url}/v1/records/patients/${id}`
  await ask(address, 'PUT', 'clerk', { name: `Patient ${id}` }, null)
  const seen = (await fetch(address)).headers.get('etag') ?? ''
  for (const [index, value] of values.entries())
    await writeSeeing(server, id, { who: `author-${index + 1}`, fields: { [field]: value }, seen })
  return seen
}

/** How many are made at a time. */
const ABREAST = 32

/** As many as that, each about the diagnosis of a patient of its own. */
export async function makeConflicts(server: Server, count: number): Promise<void> {
  const made = { field: 'diagnosis', values: ['flu', 'cold'] } as const
  for (let at = 0; at < count; at += ABREAST) {
    const ids = Array.from({ length: Math.min(ABREAST, count - at) }, (_, index) => `P-${at + index}`)
    await Promise.all(ids.map((id) => makeConflict(server, id, made)))
  }
}

export const writeSeeing = (
  { url }: Server,
  id: string,
  { who, fields, seen }: { readonly who: string; readonly fields: object; readonly seen: string },
): Promise<void> => ask(`${url}/v1/records/patients/${id}`, 'PATCH', who, fields, seen)

async function ask(
  address: string,
  method: string,
  who: string,
  body: object,
  seen: string | null,
): Promise<void> {
  const answer = await fetch(address, {
    method,
    headers: {
      ...JSON_TYPE,
      authorization: `Bearer ${who}`,
      ...(seen === null ? {} : { 'if-match': seen }),
    },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`)
}

/** States of all conflicts, with how many are in each. */
export async function statesOf({
  url,
}: Pick<ServerProcess, 'url'>): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await fetch(`${url}/v1/conflicts?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`)
    const { items, next } = (await page.json()) as { items: { state: string }[]; next: string | null }
    for (const { state } of items) counts[state] = (counts[state] ?? 0) + 1
    cursor = next
  }
  return counts
}
