/** One row of the table of settings. */
import { z } from 'zod'

export interface SettingRow {
  readonly env: string
  readonly schema: z.ZodType
  readonly description: string
}

export const row = <S extends z.ZodType>(env: string, schema: S, description: string) => ({
  env,
  schema,
  description,
})

export const count = (fallback: number): z.ZodDefault<z.ZodCoercedNumber> =>
  z.coerce.number().int().positive().default(fallback)

/** Items separated by commas. */
export const list = (isItem: (text: string) => boolean, problem: string) =>
  z
    .string()
    .transform((text) => text.split(',').map((item) => item.trim()))
    .pipe(z.array(z.string().refine(isItem, problem)))
