#!/usr/bin/env node
/**
 * What `npm start` runs: the server as a process of its own, which the demo may have killed and started again to show
 * that nothing acknowledged is lost. SIGKILL leaves it no time for a last word. Everything else passes through.
 */
import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { NODE_FLAGS } from './node-flags.ts'

/** What the server sends when it wants to be killed and started again. */
const RESTART = 'restart'

const program = fileURLToPath(new URL('./main.js', import.meta.url))
let server = start()

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => server.kill(signal))

function start(): ChildProcess {
  const child = fork(program, process.argv.slice(2), {
    stdio: 'inherit',
    execArgv: [...NODE_FLAGS, ...process.execArgv],
  })
  let isRestarting = false
  child.on('message', (message) => {
    if (message !== RESTART) return
    isRestarting = true
    child.kill('SIGKILL')
  })
  child.on('exit', (code, signal) => {
    if (!isRestarting) process.exit(code ?? (signal === null ? 0 : 1))
    server = start()
  })
  return child
}
