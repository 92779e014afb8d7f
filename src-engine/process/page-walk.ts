// Guest virtual to guest physical, as a vcpu that stands still would translate: for showing code and stack to people.
// Sets no accessed or dirty bits and checks no rights. Spec: AMD64 manual volume 2, 5.2 and 5.3.
// Runs in: main thread of the domain's process.
import type { GuestMemory } from '../memory/guest-memory'

export interface Paging {
  readonly cr0: bigint
  readonly cr3: bigint
  readonly cr4: bigint
  readonly efer: bigint
}

const PG = 1n << 31n
const PAE = 1n << 5n
const LMA = 1n << 10n
const PRESENT = 1n
const LARGE = 1n << 7n
const FRAME = 0x000f_ffff_ffff_f000n

function entry(memory: GuestMemory, gpa: bigint, bytes: 4 | 8): bigint {
  const address = gpa < 1n << 52n ? memory.addressOf(Number(gpa)) : 0
  if (address === 0) return 0n
  return bytes === 8 ? memory.view.getBigUint64(address, true) : BigInt(memory.view.getUint32(address, true))
}

/** Walks tables of 8-byte entries, the uppermost indexed by the bits from `shift` on. */
function walkWide(memory: GuestMemory, va: bigint, root: bigint, shift: bigint): bigint | undefined {
  let table = root
  for (let at = shift; ; at -= 9n) {
    const found = entry(memory, table + ((va >> at) & 511n) * 8n, 8)
    if ((found & PRESENT) === 0n) return undefined
    if (at === 12n || ((found & LARGE) !== 0n && at <= 30n)) {
      const mask = (1n << at) - 1n
      return (found & FRAME & ~mask) | (va & mask)
    }
    table = found & FRAME
  }
}

/** The guest physical address, or undefined where nothing is mapped. */
export function translateForReading(memory: GuestMemory, paging: Paging, va: bigint): bigint | undefined {
  const { cr0, cr3, cr4, efer } = paging
  if ((cr0 & PG) === 0n) return va & 0xffff_ffffn
  if ((efer & LMA) !== 0n) return walkWide(memory, va, cr3 & FRAME, 39n)
  const low = va & 0xffff_ffffn
  if ((cr4 & PAE) !== 0n) return walkWide(memory, low, cr3 & 0xffff_ffe0n, 30n)
  const directory = entry(memory, (cr3 & 0xffff_f000n) + (low >> 22n) * 4n, 4)
  if ((directory & PRESENT) === 0n) return undefined
  if ((directory & LARGE) !== 0n) return (directory & 0xffc0_0000n) | (low & 0x3f_ffffn)
  const page = entry(memory, (directory & 0xffff_f000n) + ((low >> 12n) & 1023n) * 4n, 4)
  return (page & PRESENT) === 0n ? undefined : (page & 0xffff_f000n) | (low & 0xfffn)
}

/** As many bytes from `va` on as are mapped, at most `length`. */
export function readVirtual(memory: GuestMemory, paging: Paging, va: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const at = BigInt.asUintN(64, va + BigInt(done))
    const gpa = translateForReading(memory, paging, at)
    const address = gpa === undefined || gpa >= 1n << 52n ? 0 : memory.addressOf(Number(gpa))
    if (address === 0) break
    const part = Math.min(length - done, 4096 - Number(at & 0xfffn))
    bytes.set(memory.u8.subarray(address, address + part), done)
    done += part
  }
  return bytes.subarray(0, done)
}
