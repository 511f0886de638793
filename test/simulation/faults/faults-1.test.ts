// Half of the seeds of the fault simulation.
import { simulateFaults } from './simulate-faults.ts'

simulateFaults(1)
