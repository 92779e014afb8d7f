// What several vcpus on one memory owe each other: the lock of all code caches, and quiet moments. With one vcpu nothing here runs.
// A vcpu inside run() has an odd EPOCH; it becomes even at the end of run(), and while the vcpu waits for others between two
// instructions. Who has taken something from another vcpu (a write tag) waits for that vcpu's EPOCH to change, and then knows that
// no instruction is left which had seen it. Who must be alone (SHARED_ALONE names it) waits for all others to be even.
// Invariant: nobody waits for an EPOCH while its own is odd, or while holding the lock.
// Runs in: the vcpu's thread.
import { VCPU, VCPU_STRIDE, INDEX, VCPUS, EPOCH, CODE_CACHE_SIZE, SHARED_CODE_LOCK, SHARED_DROPS, SHARED_ALONE } from './generated/layout'

const WAIT_NS: i64 = 200000

// @ts-ignore: decorator
@inline export function several(): bool { return load<u32>(VCPUS) > 1 }

/** What to add to an address in this vcpu's area, or in its code cache, to get the same place of another vcpu. */
// @ts-ignore: decorator
@inline export function areaOf(vcpu: u32): u32 { return (vcpu - load<u32>(INDEX)) * VCPU_STRIDE }
// @ts-ignore: decorator
@inline export function cacheOf(vcpu: u32): u32 { return (vcpu - load<u32>(INDEX)) * CODE_CACHE_SIZE }

// ---- the lock: 0 free, 1 held, 2 held with waiters; not recursive -------------------------------------------------

export function lockCode(): void {
  if (atomic.cmpxchg<i32>(SHARED_CODE_LOCK, 0, 1) == 0) return
  for (let i = 0; i < 100; i++) if (atomic.load<i32>(SHARED_CODE_LOCK) == 0 && atomic.cmpxchg<i32>(SHARED_CODE_LOCK, 0, 1) == 0) return
  while (atomic.xchg<i32>(SHARED_CODE_LOCK, 2) != 0) atomic.wait<i32>(SHARED_CODE_LOCK, 2, WAIT_NS)
}
export function unlockCode(): void {
  if (atomic.xchg<i32>(SHARED_CODE_LOCK, 0) == 2) atomic.notify(SHARED_CODE_LOCK, 1)
}

// Around a drop, under the lock: who decodes meanwhile sees that it has to do it again.
// @ts-ignore: decorator
@inline export function beginDrop(): void { atomic.add<u32>(SHARED_DROPS, 1) }
// @ts-ignore: decorator
@inline export function endDrop(): void { atomic.add<u32>(SHARED_DROPS, 1) }

/** All stores before come before all loads after (the compiler cannot write atomic.fence: a locked addition of nothing does it). */
export function fence(): void { atomic.add<u32>(EPOCH, 0) }

// ---- quiet moments ------------------------------------------------------------------------------------------------

/** run() is over, or waits between two instructions. */
export function leaveRun(): void {
  atomic.add<u32>(EPOCH, 1)
  atomic.notify(EPOCH, -1)
}

/** Go on; not while another vcpu is alone. */
export function enterRun(): void {
  while (true) {
    atomic.add<u32>(EPOCH, 1)
    const alone = atomic.load<u32>(SHARED_ALONE)
    if (alone == 0 || alone == load<u32>(INDEX) + 1) return
    leaveRun()
    atomic.wait<i32>(SHARED_ALONE, alone, WAIT_NS)
  }
}

/** Is this vcpu the one that runs alone? */
// @ts-ignore: decorator
@inline export function alone(): bool { return atomic.load<u32>(SHARED_ALONE) == load<u32>(INDEX) + 1 }

/** Wait until each vcpu of a bit set has been between two instructions. Called between two instructions. */
export function awaitOthers(vcpus: u32): void {
  leaveRun()
  for (let v: u32 = 0; v < load<u32>(VCPUS); v++) {
    if (!(vcpus >> v & 1)) continue
    const at = EPOCH + areaOf(v)
    const seen = atomic.load<u32>(at)
    if (seen & 1) while (atomic.load<u32>(at) == seen) atomic.wait<i32>(at, seen, WAIT_NS)
  }
  enterRun()
}
