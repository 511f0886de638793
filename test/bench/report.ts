// Results of several rounds, and the tables that are made of them.

export class Rounds<Result> {
  readonly #results = new Map<string, Result[]>()

  add(target: string, result: Result): void {
    this.#results.set(target, [...(this.#results.get(target) ?? []), result])
  }

  get targets(): readonly string[] {
    return [...this.#results.keys()]
  }

  /** Sorted, smallest first. */
  of(target: string, figure: (result: Result) => number): readonly number[] {
    return (this.#results.get(target) ?? []).map(figure).sort((a, b) => a - b)
  }

  median(target: string, figure: (result: Result) => number): number {
    const values = this.of(target, figure)
    return values[Math.floor(values.length / 2)] ?? Number.NaN
  }
}

/** Prints, as Markdown, minimum, median and maximum, and the ratio of Sluice's median to each other one. */
export function printTable<Result>(
  title: string,
  rounds: Rounds<Result>,
  figures: Readonly<Record<string, (result: Result) => number>>,
): void {
  const names = Object.keys(figures)
  const lines = [
    `\n### ${title}\n`,
    `| server | ${names.map((name) => `${name}: min, median, max | Sluice is`).join(' | ')} |`,
    `|---|${names.map(() => '---|---|').join('')}`,
  ]
  for (const target of rounds.targets) {
    const cells = Object.values(figures).flatMap((figure) => {
      const values = rounds.of(target, figure)
      const own = rounds.median('sluice', figure) / rounds.median(target, figure)
      const isOwn = target === 'sluice' || Number.isNaN(own)
      const range = [values[0], rounds.median(target, figure), values.at(-1)].map(short).join(', ')
      return [range, isOwn ? '' : `${own.toFixed(2)} ×`]
    })
    lines.push(`| ${target} | ${cells.join(' | ')} |`)
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}

function short(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–'
  if (value >= 10_000) return `${Math.round(value / 1_000)}k`
  return value.toPrecision(3)
}
