/** The sources that the components of one client share, by name. */
import { SharedSource, type Source } from './shared-source.ts'

export class SharedSources {
  readonly #byName = new Map<string, SharedSource<unknown>>()

  /** @param name says what is opened: one that was opened under it has snapshots of the same type. */
  get<Snapshot>(name: string, open: () => Source<Snapshot>): SharedSource<Snapshot> {
    const known = this.#byName.get(name)
    // By the rule above, which no type can say.
    if (known !== undefined) return known as SharedSource<Snapshot>
    const shared = new SharedSource(open, () => {
      if (this.#byName.get(name) === shared) this.#byName.delete(name)
    })
    this.#byName.set(name, shared)
    return shared
  }
}

const ofClients = new WeakMap<object, SharedSources>()

/** A client has its sources for as long as it lives, whatever becomes of the providers that hand it down. */
export function sourcesOf(client: object): SharedSources {
  const known = ofClients.get(client)
  if (known !== undefined) return known
  const sources = new SharedSources()
  ofClients.set(client, sources)
  return sources
}
