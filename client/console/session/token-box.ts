/**
 * The token that the console works with: in memory and in this tab's session storage, so that a reload does not ask for
 * it again and another tab may be somebody else. It never goes into an address or a message.
 */
const KEY = 'sluice.token'

export interface TokenBox {
  readonly token: string | null
  keep(token: string | null): void
}

export function openTokenBox(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): TokenBox {
  let token = storage.getItem(KEY)
  return {
    get token() {
      return token
    },
    keep(next) {
      token = next
      if (next === null) storage.removeItem(KEY)
      else storage.setItem(KEY, next)
    },
  }
}
