// W4 and W5 on a disk that loses what was not synchronized: a little of what `npm run test:power-loss` does at length.
import { describe, expect, it } from 'vitest'
import { runCrashes } from '../crash/crash-run.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { diskAfterPowerLoss } from './disk-log.ts'
import { shimProblem } from './disk-shim.ts'
import { runFaults } from './fault-run.ts'
import { PowerLossTarget } from './power-loss-target.ts'

const missing = shimProblem()
const seed = Math.floor(Math.random() * 2 ** 31)
const TIMEOUT_MS = 180_000

describe.skipIf(missing !== null)(`power failures${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  it(
    'W4: what was acknowledged survives when only synchronized data does',
    async () => {
      const random = new SeededRandom(seed)
      const open = () => PowerLossTarget.power({ random })
      const report = await runCrashes(open, { seed, cycles: 1, loadMsMax: 600 })
      expect(report.problems, `seed ${seed}`).toEqual([])
      expect(report.acknowledged).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )

  it(
    'the control, synchronous=NORMAL, loses what was acknowledged',
    async () => {
      const random = new SeededRandom(seed)
      const open = () => PowerLossTarget.power({ random, isControl: true })
      const report = await runCrashes(open, { seed, cycles: 6, untilFirstProblem: true })
      expect(report.counts.lost, `seed ${seed}`).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )

  it.each(['sync-fails', 'disk-full'] as const)(
    'W5: %s: nothing is acknowledged after it, and nothing is lost',
    async (kind) => {
      const report = await runFaults({ kind, seed, faults: 1 })
      expect(report.problems, `seed ${seed}`).toEqual([])
      expect(report.acknowledged).toBeGreaterThan(0)
    },
    TIMEOUT_MS,
  )
})

describe('a disk after a power failure', () => {
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()

  it('holds what was synchronized and no more', () => {
    const log = Buffer.concat([
      entry('open', 7n, 0, 'db'),
      entry('write', 7n, 0, '', 'kept'),
      entry('sync', 7n),
      entry('write', 7n, 0, '', 'LOST'),
      entry('create', 8n, 0, 'new'),
      entry('write', 8n, 0, '', 'data'),
      entry('sync', 8n),
    ])
    const before = new Map([['db', Buffer.from('old!')]])
    const disk = diskAfterPowerLoss(before, log, { of: 'nothing' })
    expect([...disk.keys()]).toEqual(['db'])
    expect(text(disk.get('db'))).toBe('kept')
    const named = diskAfterPowerLoss(before, Buffer.concat([log, entry('sync-folder', 0n)]), {
      of: 'nothing',
    })
    expect(text(named.get('new'))).toBe('data')
  })

  it('does not hold what a failed fsync was to write, whatever a later one says', () => {
    const log = Buffer.concat([
      entry('open', 7n, 0, 'db'),
      entry('write', 7n, 0, '', 'gone'),
      entry('sync-failed', 7n),
      entry('sync', 7n),
    ])
    const disk = diskAfterPowerLoss(new Map([['db', Buffer.from('old!')]]), log, { of: 'nothing' })
    expect(text(disk.get('db'))).toBe('old!')
  })
})

const codes = { open: 1, create: 2, write: 3, sync: 5, 'sync-folder': 6, 'sync-failed': 9 } as const

/** As disk-shim.c writes it. */
function entry(operation: keyof typeof codes, inode: bigint, offset = 0, name = '', data = ''): Buffer {
  const head = Buffer.alloc(32)
  head.writeUInt32LE(0x4b534944, 0)
  head.writeUInt16LE(codes[operation], 4)
  head.writeUInt16LE(name.length, 6)
  head.writeBigUInt64LE(inode, 8)
  head.writeBigUInt64LE(BigInt(offset), 16)
  head.writeBigUInt64LE(BigInt(data.length), 24)
  return Buffer.concat([head, Buffer.from(name), Buffer.from(data)])
}
