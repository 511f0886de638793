/** Keeps a second app away from a file: a lock beside it that names the process which holds it. */
import { open, readFile, rm } from 'node:fs/promises'
import { StoreProblem } from './client-store.ts'

const ownLocks = new Set<string>()

/** @returns what lets go of it. @throws StoreProblem if another app has the file open. */
export async function lockFile(file: string): Promise<() => Promise<void>> {
  const path = `${file}.lock`
  for (let tries = 0; tries < 3; tries++) {
    if (await create(path)) {
      ownLocks.add(path)
      return async () => {
        ownLocks.delete(path)
        await rm(path, { force: true })
      }
    }
    if (await isHeld(path)) break
    // Its process is gone: it crashed, or the power went.
    await rm(path, { force: true })
  }
  throw new StoreProblem('blocked', `another app has ${file} open`)
}

async function create(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx')
    await handle.writeFile(String(process.pid))
    await handle.close()
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function isHeld(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''))
  // In a container the next process may have the number of the one that crashed.
  if (pid === process.pid) return ownLocks.has(path)
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
