// The framebuffer page (xen-guest-abi.md 7.5). Spec: Xen io/fbif.h. The picture is not granted: the page names pages
// of frame numbers (gfns), and these the pages with the pixels, 32 bits each: XRGB.
// Runs in: anything.
import { struct } from '../../../lib/struct-layout'

/** The page's head; pd[] starts at `pd`, with 64-bit entries for a 64-bit guest and 32-bit ones for a 32-bit guest. */
export const XENFB_PAGE = struct('xenfb_page', 48, 40, [
  ['in_cons', 'u32', 0, 0, 'OUT'],
  ['in_prod', 'u32', 4, 4, 'IN'],
  ['out_cons', 'u32', 8, 8, 'IN'],
  ['out_prod', 'u32', 12, 12, 'OUT'],
  ['width', 's32', 16, 16, 'OUT', 'pixels'],
  ['height', 's32', 20, 20, 'OUT', 'pixels'],
  ['line_length', 'u32', 24, 24, 'OUT', 'bytes from row to row'],
  ['mem_length', 'u32', 28, 28, 'OUT', 'bytes of the framebuffer'],
  ['depth', 'u8', 32, 32, 'OUT', 'bits per pixel'],
  ['pd', 'ulong', 40, 36, 'OUT', 'first of 256 entries'],
])
export const XENFB_PD_ENTRIES = 256

/** Rings: events of 40 bytes; the indexes run freely and are taken modulo the entries. */
export const XENFB = { in_cons: 0, in_prod: 4, out_cons: 8, out_prod: 12, in: 1024, out: 2048 } as const
export const XENFB_IN_ENTRIES = 25
export const XENFB_OUT_ENTRIES = 51
export const XENFB_EVENT_SIZE = 40

/** To the guest: REFRESH_PERIOD {u32 @4}. From it: UPDATE {x @4, y @8, width @12, height @16}, RESIZE {width @4, height @8, stride @12, depth @16, offset @20}. */
export const XENFB_TYPE = { XENFB_TYPE_REFRESH_PERIOD: 1, XENFB_TYPE_UPDATE: 2, XENFB_TYPE_RESIZE: 3 } as const
