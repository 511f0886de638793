// Stores texts on a server before anything is measured.
import type { Address, Target } from '../targets.ts'
import { targets } from '../targets.ts'
import type { StoredText } from './joiners.ts'
import { hasAll } from './joiners.ts'
import { pause } from './measures.ts'
import { ReceivedUpdates } from './received-updates.ts'
import { TextClient } from './text-client.ts'

export interface Seed extends StoredText {
  readonly updates: readonly Uint8Array[]
}

const AT_ONCE = 20
/** Between two looks of whether a reader gets everything. */
const LOOK_MS = 100
const LOOKS_MAX = 900
/** Looks of one reader, before another tries: some servers send only once. */
const READS_MAX = 10
/** After so many updates others have their turn. */
const BURST = 50
const LARGE_BYTES = 65_536

/**
 * Resolves when a reader of each text gets all of it.
 * @returns the authors, who are still there.
 * @throws Error if nobody can read it for a long time.
 */
export async function seedTexts(address: Address, seeds: readonly Seed[]): Promise<readonly TextClient[]> {
  const authors: TextClient[] = []
  for (let from = 0; from < seeds.length; from += AT_ONCE)
    authors.push(
      ...(await Promise.all(seeds.slice(from, from + AT_ONCE).map((seed) => seedText(address, seed)))),
    )
  return authors
}

async function seedText(address: Address, seed: Seed): Promise<TextClient> {
  const received = new ReceivedUpdates(false)
  const author = await new TextClient(address, seed.room, received).synced()
  for (const [index, update] of seed.updates.entries()) {
    author.type(update)
    if (index % BURST === 0) await pause(0)
    // Who is told what is stored must not be told more than he can read: there is a limit to what waits for him.
    if (update.length > LARGE_BYTES && targets[address.name].confirms) await echoed(author, received, update)
  }
  for (let look = 0; !(await canRead(address, seed)); look++) {
    if (author.ended !== null) throw new Error(`a session ended: ${author.ended}`)
    if (look > LOOKS_MAX) throw new Error(`missing deliveries: ${seed.room} is not there`)
    await pause(LOOK_MS)
  }
  return author
}

async function echoed(author: TextClient, received: ReceivedUpdates, update: Uint8Array): Promise<void> {
  const { ranges } = received.read(update)
  const lacks = (): boolean => ranges.some((range) => (author.seen.get(range.author) ?? 0) < range.to)
  for (let look = 0; lacks() && author.ended === null; look++) {
    if (look > LOOKS_MAX) throw new Error('missing deliveries: what was sent is not confirmed')
    await pause(LOOK_MS)
  }
}

async function canRead(address: Address, text: StoredText): Promise<boolean> {
  const reader = await new TextClient(address, text.room, new ReceivedUpdates(false)).synced()
  for (let waited = 0; waited < READS_MAX && !hasAll(reader, text); waited++) await pause(LOOK_MS)
  reader.close()
  return hasAll(reader, text)
}

/** Peers store a while after they have told others. */
export const whenStored = ({ isPeer }: Target): Promise<void> => pause(isPeer ? STORED_MS : 0)

const STORED_MS = 2_500
