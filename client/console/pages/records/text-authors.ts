/** What `…/text/{field}/authors` and `…/text-versions` answer, and what there is to show of it. Pure. */

export interface TextAuthors {
  readonly version: number
  readonly runs: readonly { readonly author: string | null; readonly text: string }[]
}

export interface TextRun {
  readonly from: number
  readonly to: number
  readonly author: string
  readonly door: string
  readonly device: string | null
  readonly startedAt: string
  readonly endedAt: string
  readonly updates: number
}

export interface AuthorShare {
  readonly author: string
  readonly characters: number
  /** Which of the colours is his; the same for as long as the text has the same authors. */
  readonly tone: number
}

/** As many as can be told apart; more than that begin anew. */
export const TONES = 6

export const plainOf = ({ runs }: TextAuthors): string => runs.map(({ text }) => text).join('')

/** Who has written how much of it, the most first. */
export function sharesOf({ runs }: TextAuthors): readonly AuthorShare[] {
  const counts = new Map<string, number>()
  for (const { author, text } of runs)
    if (author !== null) counts.set(author, (counts.get(author) ?? 0) + text.length)
  const tones = new Map([...counts.keys()].sort().map((author, index) => [author, index % TONES]))
  return [...counts]
    .map(([author, characters]) => ({ author, characters, tone: tones.get(author) ?? 0 }))
    .sort((a, b) => b.characters - a.characters || (a.author < b.author ? -1 : 1))
}

/** Where one can travel to: what each author has written in a row, the oldest first. @param runs newest first. */
export const textStopsOf = (runs: readonly TextRun[]): readonly { key: string; label: string }[] =>
  [...runs].reverse().map(({ to, author, endedAt }) => ({
    key: String(to),
    label: `${author}, ${new Date(endedAt).toLocaleString()}`,
  }))
