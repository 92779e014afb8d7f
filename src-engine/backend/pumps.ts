// The pumps a domain's process can make, by device type: the other halves of registry.ts. Apart from it, so that a domain's process
// does not load image formats and networks. Runs in: main thread of the domain's process.
import { makeBlkPump } from './blk/pump'
import type { PumpMaker } from './device'
import { makeNetPump } from './net/pump'

export const PUMP_MAKERS: ReadonlyMap<string, PumpMaker> = new Map([
  ['vbd', makeBlkPump],
  ['vif', makeNetPump],
])
