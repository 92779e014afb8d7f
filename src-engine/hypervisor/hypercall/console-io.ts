// console_io: early output of a guest, before it has its console ring. Accepted, as a debug build of Xen does.
// Spec: Xen public/xen.h (CONSOLEIO_*), xen-guest-abi.md 3.8 and 7.4. Runs in: the calling vcpu's thread.
import { ERRNO } from '../../public/xen/errno'
import { CONSOLEIO_read, CONSOLEIO_write } from '../../public/xen/hypercall'
import type { Call, HypercallResult } from './call'

/** Bytes taken in one call; a longer write is cut into pieces here. */
const PIECE = 4096
const LONGEST = 1024 * 1024

export function consoleIo(call: Call): HypercallResult {
  const count = call.int(1)
  if (count < 0 || count > LONGEST) return -ERRNO.EINVAL
  switch (call.int(0)) {
    case CONSOLEIO_write: {
      for (let done = 0; done < count; done += PIECE) {
        const bytes = call.copyIn(call.pointer(2) + BigInt(done), Math.min(PIECE, count - done))
        if (!bytes) return -ERRNO.EFAULT
        call.domain.consoleOutput.write(bytes)
      }
      return 0
    }
    case CONSOLEIO_read:
      return 0
    default:
      return -ERRNO.ENOSYS
  }
}
