// "Is it stored?" as an automerge-repo client asks it: by the heads that the server reports after each commit.
import type { RecordHandle, RepoClient } from '../support/repo-client.ts'
import { until } from '../support/until.ts'

/** @returns whether the document holds changes that the server has not confirmed. */
export async function watchPending({ repo }: RepoClient, handle: RecordHandle): Promise<() => boolean> {
  const storageId = await until(
    () => Object.values(repo.peerMetadataByPeerId).find((peer) => peer?.storageId !== undefined)?.storageId,
    "the server's storage id",
  )
  repo.subscribeToRemotes([storageId])
  const isPending = (): boolean => {
    const confirmed: readonly string[] = handle.getSyncInfo(storageId)?.lastHeads ?? []
    return handle.heads().some((head) => !confirmed.includes(head))
  }
  await until(() => !isPending(), 'what is there to be confirmed')
  return isPending
}
