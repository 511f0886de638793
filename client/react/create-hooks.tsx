/** The hooks of an app, typed by its schema. */
import type { Context, ReactNode } from 'react'
import { createContext, use, useEffect } from 'react'
import type { JsonObject } from '../../shared/json.ts'
import type { Collections, SluiceConfig } from '../../shared/schema/config.ts'
import type { InboxOptions } from '../live/inbox-handle.ts'
import type { PresenceHandle } from '../live/presence-handle.ts'
import type { QueryOptions } from '../live/query-handle.ts'
import type { SluiceClient } from '../sluice-client.ts'
import { sourcesOf } from './shared-sources.ts'
import type { ShownInbox, ShownPresence, ShownQuery } from './shown-live.ts'
import { inboxSource, presenceSource, querySource } from './shown-live.ts'
import type { ShownRecord } from './shown-record.ts'
import { recordSource } from './shown-record.ts'
import type { ShownStatus } from './shown-status.ts'
import { statusSource } from './shown-status.ts'
import type { ShownText } from './shown-text.ts'
import { textSource } from './shown-text.ts'
import { useShared } from './use-shared.ts'

export interface ShowOptions {
  /** Suspend until there is something to show: what is stored here, or what the server tells. Default: false. */
  readonly suspend?: boolean
}

/** Left out, everything is selected. */
export interface SelectOptions<Shown, Selected> {
  /** A part of what is shown: the component is drawn again when that part has changed, and else not. */
  readonly select?: (shown: Shown) => Selected
}

export interface PresenceOptions {
  /** What the others are told of this person while the component is mounted; left out: that nobody is there. */
  readonly me?: JsonObject
}

export interface SluiceProviderProps<C extends Collections> {
  /** What `connect` gives. Components below suspend until a promise of it resolves. */
  readonly client: SluiceClient<C> | Promise<SluiceClient<C>>
  readonly children?: ReactNode
}

export interface SluiceHooks<C extends Collections> {
  readonly SluiceProvider: (props: SluiceProviderProps<C>) => ReactNode

  /** @throws RangeError outside a provider. */
  readonly useSluice: () => SluiceClient<C>

  /** Whether what a person enters is safe, and where. */
  readonly useStatus: <Selected = ShownStatus>(options?: SelectOptions<ShownStatus, Selected>) => Selected

  /** A record, up to date for as long as the component is mounted. */
  readonly useRecord: <Name extends keyof C & string, Selected = ShownRecord<C[Name]['fields']>>(
    collection: Name,
    id: string,
    options?: ShowOptions & SelectOptions<ShownRecord<C[Name]['fields']>, Selected>,
  ) => Selected

  /**
   * A live list of the records that match, own changes in it; the options may be made anew with each rendering.
   * @throws SluiceError `bad_request` for a field that cannot be asked by, or a value that it cannot have.
   */
  readonly useQuery: <Name extends keyof C & string, Selected = ShownQuery<C[Name]['fields']>>(
    collection: Name,
    options?: QueryOptions<C[Name]['fields']> &
      ShowOptions &
      SelectOptions<ShownQuery<C[Name]['fields']>, Selected>,
  ) => Selected

  /** The conflicts that this person may see, newest first, and what may be done to them. */
  readonly useInbox: <Selected = ShownInbox>(
    options?: InboxOptions & ShowOptions & SelectOptions<ShownInbox, Selected>,
  ) => Selected

  /** Who is at a record. */
  readonly usePresence: (collection: keyof C & string, id: string, options?: PresenceOptions) => ShownPresence

  /**
   * The texts of a record; null until what is stored of them here has been read, unless it suspends until then. Yjs is
   * loaded with the first text that is shown.
   */
  readonly useText: <Suspend extends boolean = false>(
    collection: keyof C & string,
    id: string,
    options?: { readonly suspend?: Suspend },
  ) => Suspend extends true ? ShownText : ShownText | null
}

/** `createHooks<typeof config>()`, once for an app: components import what it gives. */
export const createHooks = <Config extends SluiceConfig>(): SluiceHooks<Config['schema']> =>
  hooksOf(createContext<SluiceProviderProps<Config['schema']>['client'] | null>(null))

function hooksOf<C extends Collections>(
  context: Context<SluiceProviderProps<C>['client'] | null>,
): SluiceHooks<C> {
  const useSluice = (): SluiceClient<C> => {
    const client = use(context)
    if (client === null) throw new RangeError('there is no <SluiceProvider> above this component')
    return 'then' in client ? use(client) : client
  }
  return {
    SluiceProvider: ({ client, children }) => <context.Provider value={client}>{children}</context.Provider>,
    useSluice,
    useStatus: ({ select = everything } = {}) => {
      const client = useSluice()
      const shared = sourcesOf(client).get('status', () => statusSource(client))
      return useShared(shared, select, false)
    },
    useRecord: (collection, id, { suspend = false, select = everything } = {}) => {
      const client = useSluice()
      const open = () => recordSource(client, collection, id)
      return useShared(sourcesOf(client).get(`record ${collection}/${id}`, open), select, suspend)
    },
    useQuery: (collection, { suspend = false, select = everything, ...query } = {}) => {
      const client = useSluice()
      const shared = sourcesOf(client).get(`query ${collection} ${JSON.stringify(query)}`, () =>
        querySource(client, collection, query),
      )
      return useShared(shared, select, suspend)
    },
    useInbox: ({ suspend = false, select = everything, ...inbox } = {}) => {
      const client = useSluice()
      const shared = sourcesOf(client).get(`inbox ${JSON.stringify(inbox)}`, () => inboxSource(client, inbox))
      return useShared(shared, select, suspend)
    },
    usePresence: (collection, id, { me } = {}) => {
      const client = useSluice()
      const open = () => presenceSource(client, collection, id)
      const shown = useShared(sourcesOf(client).get(`presence ${collection}/${id}`, open), everyone, false)
      usePresent(shown.handle, me)
      return shown
    },
    useText: <Suspend extends boolean = false>(
      collection: keyof C & string,
      id: string,
      { suspend }: { readonly suspend?: Suspend } = {},
    ) => {
      const client = useSluice()
      const shared = sourcesOf(client).get(`text ${collection}/${id}`, () =>
        textSource(client, collection, id),
      )
      const select = everything<ShownText | null, Suspend extends true ? ShownText : ShownText | null>
      return useShared(shared, select, suspend ?? false)
    },
  }
}

const everyone = (shown: ShownPresence): ShownPresence => shown

/** Tells the others of this person, again only if there is something else to tell. */
function usePresent(handle: PresenceHandle, me: JsonObject | undefined): void {
  const told = me === undefined ? null : JSON.stringify(me)
  useEffect(() => {
    if (told === null) return
    handle.set(JSON.parse(told))
    return () => handle.set(null)
  }, [handle, told])
}

/** Where nobody selects, `Selected` is by its default what is shown; a text that suspends is there. */
const everything = <Shown, Selected>(shown: Shown): Selected => shown as unknown as Selected
