// What a server has stored, made once for each server and opened as copies, so that every round begins with the same.
import { cpSync } from 'node:fs'
import { whenStored } from './load/seed-text.ts'
import { RunningTarget } from './running-target.ts'
import { scratchFolder } from './scratch.ts'
import type { Target } from './targets.ts'

interface Made<Told> {
  readonly data: string
  readonly told: Told
}

export class StoredData<Told = void> {
  readonly #fill: (running: RunningTarget) => Promise<Told>
  readonly #made = new Map<string, Made<Told>>()

  /** @param fill stores it on a server that has nothing; what it returns is told to who opens a copy. */
  constructor(fill: (running: RunningTarget) => Promise<Told>) {
    this.#fill = fill
  }

  /** Starts the server on a copy. */
  async start(
    target: Target,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly running: RunningTarget; readonly told: Told }> {
    const { data, told } = await this.#madeFor(target)
    const copy = scratchFolder(target.name)
    cpSync(data, copy, { recursive: true })
    return { running: await RunningTarget.start(target, { data: copy, environment }), told }
  }

  /** What its making has told. */
  async told(target: Target): Promise<Told> {
    return (await this.#madeFor(target)).told
  }

  async #madeFor(target: Target): Promise<Made<Told>> {
    return this.#made.get(target.name) ?? (await this.#make(target))
  }

  async #make(target: Target): Promise<Made<Told>> {
    const data = scratchFolder(target.name)
    const running = await RunningTarget.start(target, { data })
    const told = await this.#fill(running)
    await whenStored(target)
    await running.stop()
    const made = { data, told }
    this.#made.set(target.name, made)
    return made
  }
}
