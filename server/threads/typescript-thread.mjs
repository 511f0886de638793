// Lets a worker thread run TypeScript sources, in tests and development; the built program does not use it.
// `--import tsx` would be enough, but up to Node 22 that registers in the main thread alone.
import { register } from 'tsx/esm/api'

register()
