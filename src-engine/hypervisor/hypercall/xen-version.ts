// xen_version: who we are and what a guest may use of us. Spec: Xen public/version.h, xen-guest-abi.md 3.3.
// Runs in: the calling vcpu's thread.
import { byName } from '../../lib/struct-layout'
import { ERRNO } from '../../public/xen/errno'
import {
  XEN_CAPABILITIES,
  XEN_COMPILE_INFO,
  XEN_EXTRAVERSION,
  XEN_FEATURES,
  XEN_STRING,
  XEN_VERSION,
  XENVERS,
  xen_feature_info,
} from '../../public/xen/version'
import type { Call, HypercallResult } from './call'

const OP = byName(XENVERS)

/** NUL-padded to the size of the field. */
function fixed(...parts: readonly (readonly [text: string, size: number])[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, [, size]) => sum + size, 0))
  let at = 0
  for (const [text, size] of parts) {
    bytes.set(new TextEncoder().encode(text).subarray(0, size - 1), at)
    at += size
  }
  return bytes
}

export function xenVersion(call: Call): HypercallResult {
  const arg = call.pointer(1)
  const put = (bytes: Uint8Array): number => (call.copyOut(arg, bytes) ? 0 : -ERRNO.EFAULT)
  switch (call.int(0)) {
    case OP.XENVER_version:
      return (XEN_VERSION.major << 16) | XEN_VERSION.minor
    case OP.XENVER_extraversion:
      return put(fixed([XEN_EXTRAVERSION, XEN_STRING.extraversion]))
    case OP.XENVER_compile_info:
      return put(
        fixed(
          [XEN_COMPILE_INFO.compiler, XEN_STRING.compiler],
          [XEN_COMPILE_INFO.by, XEN_STRING.compile_by],
          [XEN_COMPILE_INFO.domain, XEN_STRING.compile_domain],
          [XEN_COMPILE_INFO.date, XEN_STRING.compile_date],
        ),
      )
    case OP.XENVER_capabilities:
      return put(fixed([XEN_CAPABILITIES, XEN_STRING.capabilities]))
    case OP.XENVER_changeset:
      return put(fixed(['unavailable', XEN_STRING.changeset]))
    case OP.XENVER_platform_parameters:
      return call.writeWord(arg, 0n) ? 0 : -ERRNO.EFAULT
    case OP.XENVER_get_features: {
      const info = call.read(xen_feature_info, arg)
      if (!info) return -ERRNO.EFAULT
      if (info.submap_idx > 0) return -ERRNO.EINVAL
      return call.write(xen_feature_info, arg, { submap: XEN_FEATURES.reduce((word, [, bit]) => word | (1 << bit), 0) >>> 0 })
    }
    case OP.XENVER_pagesize:
      return 4096
    case OP.XENVER_guest_handle: {
      const start = call.domain.address('UUID')
      return put(call.domain.memory.u8.slice(start, start + 16))
    }
    case OP.XENVER_commandline:
      return put(fixed(['<denied>', XEN_STRING.commandline]))
    case OP.XENVER_build_id:
      return -ERRNO.ENODATA
    default:
      return -ERRNO.ENOSYS
  }
}
