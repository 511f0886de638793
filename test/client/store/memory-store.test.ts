import { EntryTable } from '../../../client/store/entry-table.ts'
import { memoryStore } from '../../../client/store/memory-store.ts'
import { clientStoreContract } from '../../contract/client-store-contract.ts'

clientStoreContract('memory', async () => memoryStore(new EntryTable()))
