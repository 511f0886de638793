// A quarter of the simulation's seeds.
import { simulate } from './simulate.ts'

simulate(3)
