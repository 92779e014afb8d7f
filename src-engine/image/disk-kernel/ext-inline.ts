// What a file of ext4 keeps within its inode (inline_data): 60 bytes where others have their map, and the rest as the attribute
// `system.data` behind the inode's fixed part.
// Invariant: nothing beyond the inode is read; no entry is looked at twice. Runs in: the image process.
import { latin1 } from '../../lib/bytes'
import { viewOf } from '../views'

const MAP_AT = 40
const MAP_LENGTH = 60
const FIXED = 128
const MAGIC = 0xea020000
const ENTRY = 16
/** The prefix `system.` of a name. */
const SYSTEM_INDEX = 7

/** The first `size` bytes, as far as they are there. */
export function inlineBytes(inode: Uint8Array, size: number): Uint8Array {
  const first = inode.subarray(MAP_AT, MAP_AT + MAP_LENGTH)
  if (size <= MAP_LENGTH) return first.slice(0, size)
  const rest = systemData(inode).subarray(0, size - MAP_LENGTH)
  const bytes = new Uint8Array(MAP_LENGTH + rest.length)
  bytes.set(first)
  bytes.set(rest, MAP_LENGTH)
  return bytes
}

function systemData(inode: Uint8Array): Uint8Array {
  const none = new Uint8Array(0)
  if (inode.length < FIXED + 8) return none
  const view = viewOf(inode)
  const header = FIXED + view.getUint16(FIXED, true)
  if (header + 8 > inode.length || view.getUint32(header, true) !== MAGIC) return none
  const entries = header + 4
  for (let at = entries; at + ENTRY <= inode.length && view.getUint32(at, true) !== 0; ) {
    const nameLength = view.getUint8(at)
    const value = entries + view.getUint16(at + 2, true)
    const length = view.getUint32(at + 8, true)
    const name = latin1(inode.subarray(at + ENTRY, at + ENTRY + nameLength))
    if (view.getUint8(at + 1) === SYSTEM_INDEX && name === 'data' && view.getUint32(at + 4, true) === 0) {
      return inode.subarray(value, Math.min(inode.length, value + length))
    }
    at += ENTRY + Math.ceil(nameLength / 4) * 4
  }
  return none
}
