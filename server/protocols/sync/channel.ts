/** One channel of one session: what the session's connection knows of it, whatever its kind. */
import type { ServerMessage } from '../../../shared/sync/messages.ts'
import type { ReadMessage } from './client-messages.ts'

/** What may come on a channel that is open. */
export type ChannelMessage = Extract<ReadMessage, { type: 'text.update' | 'presence' | 'list.more' }>

export interface SyncChannel {
  /** Resolves once the opening has been answered. @throws SluiceError to refuse it. */
  open(): Promise<void>
  /** @throws SluiceError `bad_frame` for what this kind of channel does not take. */
  receive(message: ChannelMessage): void
  /** Also while it is being opened. */
  close(): void
}

/** What a channel says, and to whom. */
export interface ChannelPort {
  readonly number: number
  /**
   * Nothing more is sent once the channel is closed.
   * @param about what others are told of in the same words; see `sharedMessage`.
   */
  send(message: ServerMessage, about?: object): void
  /** Closes the channel, and tells the client why. */
  fail(error: unknown): void
  /** Whether so much waits for the client already that what is replaced soon should wait. */
  readonly isCongested: boolean
}
