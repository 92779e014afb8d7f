// Which families of instructions a vcpu has decoded, as its decoder has noted them by uop number: for the count of used
// rows. Told before a vcpu may stop, as its thread may be gone right after. A block is decoded when it is about to run, so these are, but for blocks cut short by a fault, the executed ones.
// Runs in: the vcpu's worker thread, under the tests only.
import { vcpuAddress } from '../isa/state-layout'
import { UOPS } from '../jit/uop-table'
import { rowUsed } from '../public/row-use'

export function noteDecoded(buffer: ArrayBufferLike, vcpu: number): void {
  const seen = new Uint8Array(buffer, vcpuAddress(vcpu, 'DECODED'), UOPS.length)
  UOPS.forEach((kind, op) => {
    if (kind !== undefined && seen[op] === 1) rowUsed('FAMILIES', kind.family)
  })
}
