// Runs one of the program's commands on a data folder, as `npm run rebuild` does.
import { execFile, execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const entry = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url))
const config = fileURLToPath(new URL('../../sluice.config.ts', import.meta.url))

export function runCommand(
  command: string,
  dataDir: string,
  operands: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
): { status: number; output: string } {
  const env = { PATH: process.env.PATH ?? '', SLUICE_DATA: dataDir, SLUICE_CONFIG: config, ...settings }
  try {
    const output = execFileSync(process.execPath, [entry, command, ...operands], { env, stdio: 'pipe' })
    return { status: 0, output: output.toString() }
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: Buffer; stderr: Buffer }
    return { status, output: `${stdout}${stderr}` }
  }
}

/** The same while the caller goes on. */
export function startCommand(
  command: string,
  dataDir: string,
  operands: readonly string[],
): Promise<{ status: number; output: string }> {
  const env = { PATH: process.env.PATH ?? '', SLUICE_DATA: dataDir, SLUICE_CONFIG: config }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [entry, command, ...operands], { env }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode ?? 1, output: `${stdout}${stderr}` }),
    )
  })
}
