// Puts a PVH kernel, its ramdisk and the tables it reads at start into guest memory.
// Invariant: nothing overlaps, and all that the guest reads before it has its own page tables is below 1 GiB.
// Spec: xen-guest-abi.md section 1. Runs in: the domain's process, main thread, before the vcpus start.

import { err, type Result } from '../public/result'
import type { BuildError, BuildInput, BuildTarget, InitialState } from './initial-state'

/**
 * Builds the domain, or says in one sentence why not. On an error the target may be half written: drop it.
 * Call `checkMemory` (memory-map.ts) before the memory is made.
 */
export function buildDomain(_input: BuildInput, _target: BuildTarget): Result<InitialState, BuildError> {
  return err({ kind: 'KERNEL_UNSUPPORTED', message: 'The domain builder is not there yet.' })
}
