// `npm run fuzz -- [--target gate|door] [--seed N] [--seconds N] [--only NAME] [--replay NAME:BASE64]`
import { parseArgs } from 'node:util'
import { fuzzDoors } from './fuzz-door.ts'
import { fuzzGate } from './fuzz-gate.ts'
import { gateTargets } from './gate-targets.ts'
import type { Fault } from './guided-run.ts'

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '120' },
    only: { type: 'string' },
    replay: { type: 'string' },
  },
})

/** Runs one input of the gate again, as a fault tells it. */
function replay(named: string): void {
  const [name = '', input = ''] = named.split(':')
  const make = gateTargets.get(name)
  if (make === undefined)
    throw new Error(`no target ${name}: there are ${[...gateTargets.keys()].join(', ')}`)
  const began = performance.now()
  console.log(make().run(new Uint8Array(Buffer.from(input, 'base64'))).outcome)
  console.log(`${(performance.now() - began).toFixed(1)} ms`)
}

async function attackDoors(seed: number, seconds: number): Promise<readonly Fault[]> {
  const options = { seed, msMax: seconds * 1_000, attacksMax: Number.POSITIVE_INFINITY }
  const { ends, frames, faults, slowestMs, rssMiB } = await fuzzDoors(options)
  for (const [attack, ended] of Object.entries(ends)) console.log(attack.padEnd(16), JSON.stringify(ended))
  console.log(
    `doors: ${frames} frames with seed ${seed}, slowest honest write ${slowestMs.toFixed(0)} ms, ` +
      `resident ${rssMiB.map((mib) => mib.toFixed(0)).join(', ')} MiB, ${faults.length} faults`,
  )
  return faults
}

if (values.replay !== undefined) replay(values.replay)
else {
  const seed = Number(values.seed)
  const levels = values.target === undefined ? 2 : 1
  const seconds = Number(values.seconds) / levels
  const faults = [
    ...(values.target === 'door' ? [] : await fuzzGate({ seed, seconds, only: values.only ?? null })),
    ...(values.target === 'gate' ? [] : await attackDoors(seed, seconds)),
  ]
  for (const { target, problem, input } of faults) console.log(`\n${problem}\n  ${target}:${input}`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
