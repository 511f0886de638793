/** Reads declaration files as the compiler writes them: every top-level statement starts in the first column. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

export interface DeclarationFile {
  readonly path: string
  /** Name → its declarations as text, without comments; a function may have several. */
  readonly declared: ReadonlyMap<string, readonly string[]>
  /** Name as it is known here → where it comes from, under which name. Of this package only. */
  readonly imported: ReadonlyMap<string, { readonly path: string; readonly name: string }>
  /** Names that are exported from elsewhere, likewise. */
  readonly exportedFrom: ReadonlyMap<string, { readonly path: string; readonly name: string }>
}

const read = new Map<string, DeclarationFile>()

export function declarationFile(path: string): DeclarationFile {
  const known = read.get(path)
  if (known !== undefined) return known
  const file = parse(path, withoutComments(readFileSync(path, 'utf8')))
  read.set(path, file)
  return file
}

const START = /^(?:export |declare |import |type |interface )/
const NAMED = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|class|type|function|const|enum) (\w+)/
const FROM = /^(import|export) (?:type )?\{([\s\S]*?)\} from ['"](\.[^'"]+)['"]/

function parse(path: string, text: string): DeclarationFile {
  const declared = new Map<string, string[]>()
  const imported = new Map<string, { path: string; name: string }>()
  const exportedFrom = new Map<string, { path: string; name: string }>()
  for (const statement of statementsOf(text)) {
    const [, verb, names = '', from = ''] = FROM.exec(statement) ?? []
    const target = verb === undefined ? '' : declarationPath(path, from)
    for (const part of verb === undefined ? [] : names.split(',')) {
      const [name = '', alias = name] = part
        .trim()
        .replace(/^type /, '')
        .split(' as ')
      if (name !== '') (verb === 'import' ? imported : exportedFrom).set(alias, { path: target, name })
    }
    const name = NAMED.exec(statement)?.[1]
    if (name !== undefined) declared.set(name, [...(declared.get(name) ?? []), shorn(statement)])
  }
  return { path, declared, imported, exportedFrom }
}

function statementsOf(text: string): readonly string[] {
  const statements: string[] = []
  for (const line of text.split('\n'))
    if (START.test(line)) statements.push(line)
    else if (statements.length > 0) statements.push(`${statements.pop()}\n${line}`)
  return statements.map((statement) => statement.trimEnd())
}

const withoutComments = (text: string): string =>
  text.replace(/^[ \t]*\/\*\*[\s\S]*?\*\/\n/gm, '').replace(/^[ \t]*\/\/.*\n/gm, '')

/** What is private says nothing to an app. */
const shorn = (statement: string): string =>
  statement
    .split('\n')
    .filter((line) => !/^\s+(#private|private )/.test(line))
    .join('\n')

function declarationPath(from: string, name: string): string {
  const path = resolve(dirname(from), name.replace(/\.(tsx?|js)$/, '.d.ts'))
  if (!existsSync(path)) throw new RangeError(`${from} names ${name}, which has no declarations`)
  return path
}
