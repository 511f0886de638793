/** Reads the JSON body of a request, and checks it against its schema. */
import type { z } from 'zod'
import { badRequest } from './problem.ts'
import { readJsonBody } from './read-json.ts'
import type { RestContext } from './rest-context.ts'

/** @throws SluiceError `bad_request` or `too_large`. */
export async function readBody<Schema extends z.ZodType>(
  c: RestContext,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { value } = await readJsonBody(c)
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw badRequest(parsed.error)
  return parsed.data
}
