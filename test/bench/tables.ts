// Tables in Markdown: of each figure the median with its least and most, and the ratio of Sluice's median to each other's.
import type { Verdict } from './goals.ts'
import type { Table } from './results.ts'
import { figuresOf, medianOf, rowOf, valuesOf } from './results.ts'

export function markdownTable(table: Table): string {
  const figures = figuresOf(table)
  const own = rowOf(table, 'sluice')
  const lines = [
    `| server | ${figures.map((figure) => `${figure} | Sluice is`).join(' | ')} |`,
    `|---|${figures.map(() => '---|---|').join('')}`,
  ]
  for (const row of table.rows) {
    const cells = figures.flatMap((figure) => {
      const values = valuesOf(row, figure)
      const median = medianOf(row, figure)
      const ratio = medianOf(own, figure) / median
      const isOwn = row === own || !Number.isFinite(ratio)
      const range = values.length < 2 ? '' : ` (${shortNumber(values[0])}–${shortNumber(values.at(-1))})`
      return [`${shortNumber(median)}${range}`, isOwn ? '' : `${shortRatio(ratio)} ×`]
    })
    lines.push(`| ${row.target} | ${cells.join(' | ')} |`)
  }
  for (const { target, failures } of table.rows)
    for (const failure of failures) lines.push(`\n\`${target}\` failed a round: ${failure}`)
  return lines.join('\n')
}

export function markdownVerdicts(verdicts: readonly Verdict[]): string {
  const lines = ['| what | goal | reached | |', '|---|---|---|---|']
  for (const { goal, table, reached, state } of verdicts) {
    const unit = goal.against === null ? '' : ` × ${goal.against}`
    const amount = Number.isNaN(reached) ? '–' : `${shortRatio(reached)}${unit}`
    const mark = state === 'missed' ? '**missed**' : state
    lines.push(
      `| ${table.title}: ${goal.figure} | ${goal.bound} ${goal.value}${unit} | ${amount} | ${mark} |`,
    )
  }
  return lines.join('\n')
}

/** Three digits that count; whole numbers in full. */
export function shortNumber(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

const shortRatio = (value: number): string => (value >= 100 ? shortNumber(value) : value.toFixed(2))
