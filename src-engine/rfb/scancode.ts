// Scancodes of viewers that send the key itself (the QEMU extended key event): set 1 of the PC keyboard, with 0x80 for those that
// follow a byte 0xe0. Linux numbered its input codes after set 1, so most are the same; rows say where they differ.
// Runs in: anything.

/** [scancode, Linux input code, key] */
const SCANCODE_ROWS = [
  [0x54, 99, 'SysRq'],
  [0x59, 117, 'KPEqual'],
  [0x70, 93, 'KatakanaHiragana'],
  [0x73, 89, 'RO'],
  [0x79, 92, 'Henkan'],
  [0x7b, 94, 'Muhenkan'],
  [0x7d, 124, 'Yen'],
  [0x7e, 121, 'KPComma'],
  [0x9c, 96, 'KPEnter'],
  [0x9d, 97, 'RightCtrl'],
  [0xa0, 113, 'Mute'],
  [0xae, 114, 'VolumeDown'],
  [0xb0, 115, 'VolumeUp'],
  [0xb5, 98, 'KPSlash'],
  [0xb7, 99, 'Print'],
  [0xb8, 100, 'RightAlt'],
  [0xc6, 119, 'Pause'],
  [0xc7, 102, 'Home'],
  [0xc8, 103, 'Up'],
  [0xc9, 104, 'PageUp'],
  [0xcb, 105, 'Left'],
  [0xcd, 106, 'Right'],
  [0xcf, 107, 'End'],
  [0xd0, 108, 'Down'],
  [0xd1, 109, 'PageDown'],
  [0xd2, 110, 'Insert'],
  [0xd3, 111, 'Delete'],
  [0xdb, 125, 'LeftMeta'],
  [0xdc, 126, 'RightMeta'],
  [0xdd, 127, 'Compose'],
  [0xde, 116, 'Power'],
  [0xdf, 142, 'Sleep'],
] as const

/** From Escape (1) to F12 (0x58) both numbers are the same, but for the row of SysRq. */
const LAST_SAME = 0x58

const CODES = new Map<number, number>(SCANCODE_ROWS.map(([scancode, code]) => [scancode, code]))

/** The Linux input code of a scancode; 0 for one no keyboard has. */
export function codeOfScancode(scancode: number): number {
  return CODES.get(scancode) ?? (scancode <= LAST_SAME ? scancode : 0)
}
