// The keyboard and pointer page, and the input codes that travel in it (xen-guest-abi.md 7.6). Spec: Xen io/kbdif.h;
// key codes are Linux's input event codes, the buttons of a pointer are keys too.
// Runs in: anything.
import { byName } from '../../../lib/struct-layout'

/** [field, offset, size, written by] */
export const XENKBD = byName([
  ['in_cons', 0, 4, 'guest'],
  ['in_prod', 4, 4, 'backend'],
  ['out_cons', 8, 4, 'backend'],
  ['out_prod', 12, 4, 'guest'],
  ['in', 1024, 51 * 40, 'backend'],
  ['out', 3072, 25 * 40, 'guest'],
])

/** Entries; the indexes run freely and are taken modulo these, which are no powers of two. */
export const XENKBD_IN_ENTRIES = 51
export const XENKBD_OUT_ENTRIES = 25
export const XENKBD_EVENT_SIZE = 40

/** type u8 @0. MOTION: rel_x s32 @4, rel_y @8, rel_z @12. KEY: pressed u8 @1, keycode u32 @4. POS: abs_x @4, abs_y @8, rel_z @12. */
export const XENKBD_TYPE = { XENKBD_TYPE_MOTION: 1, XENKBD_TYPE_KEY: 3, XENKBD_TYPE_POS: 4, XENKBD_TYPE_MTOUCH: 5 } as const

/** Linux input codes that are named by us; the others are numbers in the tables of rfb/. */
export const KEY = {
  KEY_LEFTCTRL: 29,
  KEY_LEFTSHIFT: 42,
  KEY_RIGHTSHIFT: 54,
  KEY_LEFTALT: 56,
  KEY_RIGHTCTRL: 97,
  KEY_RIGHTALT: 100,
  BTN_LEFT: 0x110,
  BTN_RIGHT: 0x111,
  BTN_MIDDLE: 0x112,
  BTN_SIDE: 0x113,
  BTN_EXTRA: 0x114,
} as const

/** Codes a frontend knows: keys below KEY_MAX. */
export const KEY_MAX = 0x2ff
