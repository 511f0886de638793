/** Who wrote which part of a text, as far as the record knows (R5): client ids are bound to their subjects. */
import { z } from '@hono/zod-openapi'
import { yjsAuthor } from '../../plan/text-planning.ts'
import type { RestParts } from './rest-context.ts'
import type { SeenRecord } from './seen-record.ts'

export const textAuthorsSchema = z
  .object({
    version: z.number().int().openapi({ description: 'Of the text; as for `?at=`.' }),
    runs: z.array(
      z.object({
        author: z.string().nullable().openapi({
          description: 'The subject who has inserted it; null: not known, as of line breaks between blocks.',
        }),
        text: z.string(),
      }),
    ),
  })
  .openapi('TextAuthors')

interface Run {
  readonly author: string | null
  readonly text: string
}

/** @param version of the text, at most what it has. */
export async function textAuthorsAnswer(
  { storage, inspector }: Pick<RestParts, 'storage' | 'inspector'>,
  { key }: Pick<SeenRecord, 'key'>,
  field: string,
  version: number,
): Promise<{ readonly version: number; readonly runs: readonly Run[] }> {
  if (version === 0) return { version, runs: [] }
  const authored = await inspector.authorsAt(key, version, field)
  const subjects = await storage.inspection.authors(key)
  const runs: Run[] = []
  for (const { client, text } of authored) {
    const author = client === null ? null : (subjects.get(yjsAuthor(client)) ?? null)
    const last = runs.at(-1)
    if (text === '') continue
    if (last?.author === author) runs[runs.length - 1] = { author, text: last.text + text }
    else runs.push({ author, text })
  }
  return { version, runs }
}
