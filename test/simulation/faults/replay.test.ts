// The fault simulation does the same whenever it is given the same seed.
import { replay } from './simulate-faults.ts'

replay()
