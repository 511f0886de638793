/** The public API as text: what each entry of the package exports, and every type of the package that stands behind it. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { declarationFile } from './declarations.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Place {
  readonly path: string
  readonly name: string
}

export function renderApi(): string {
  const { exports } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly types?: string } | string>>
  }
  const entries = Object.entries(exports).flatMap(([entry, target]) =>
    typeof target === 'string' || target.types === undefined
      ? []
      : [{ name: entry.replace(/^\./, 'sluice'), path: `${root}/${target.types.slice(2)}` }],
  )
  const behind = new Map<string, Place>()
  const sections = entries.map(({ name, path }) => {
    const { declared, exportedFrom } = declarationFile(path)
    const own = [...declared.keys()].map((name): [string, Place] => [name, { path, name }])
    const places = new Map([...own, ...exportedFrom])
    for (const place of places.values()) collect(placeOf(place), behind)
    return { name, places }
  })
  const home = new Map<string, string>()
  for (const { name, places } of sections)
    for (const place of places.values()) {
      const key = keyOf(placeOf(place))
      if (!home.has(key)) home.set(key, name)
    }
  const inner = [...behind].filter(([key]) => !home.has(key)).sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    'The public API of the package, as the compiler declares it. Written by scripts/write-api.mjs; a test compares.',
    ...sections.flatMap(({ name, places }) => [
      `\n==== ${name} ====`,
      ...[...places]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([exported, place]) => {
          const owner = home.get(keyOf(placeOf(place)))
          return owner === name ? textOf(placeOf(place)) : `// ${exported}: see ${owner}`
        }),
    ]),
    '\n==== behind them ====',
    ...inner.map(([key, place]) => `// ${key}\n${textOf(place)}`),
    '',
  ].join('\n')
}

/** Where it is declared, through all files that only hand it on. */
function placeOf({ path, name }: Place): Place {
  const { declared, exportedFrom, imported } = declarationFile(path)
  if (declared.has(name)) return { path, name }
  const next = exportedFrom.get(name) ?? imported.get(name)
  if (next === undefined) throw new RangeError(`${path} does not declare ${name}`)
  return placeOf(next)
}

/** The declaration, and all of the package's own that it names. */
function collect(place: Place, found: Map<string, Place>): void {
  const key = keyOf(place)
  if (found.has(key)) return
  found.set(key, place)
  const { declared, imported } = declarationFile(place.path)
  for (const [word] of textOf(place).matchAll(/\b[A-Za-z]\w*\b/g)) {
    const next = imported.get(word) ?? (declared.has(word) ? { path: place.path, name: word } : undefined)
    if (next !== undefined) collect(placeOf(next), found)
  }
}

const textOf = ({ path, name }: Place): string => declarationFile(path).declared.get(name)?.join('\n') ?? ''

const keyOf = ({ path, name }: Place): string =>
  `${relative(`${root}/dist`, path).replace(/\.d\.ts$/, '')} ${name}`
