// DEV_DATA of block devices: batches of requests of one kind from the pump, answered as a whole by the service.
// A batch: kind u8 @0, flags u8 @1, entries u16 @2, tag u32 @4 (the pump's), place u32 @8 (where in the bounce file the payload is or
// is wanted, with IN_BOUNCE), payload bytes u32 @12; then entries of 12 bytes: sector u64 @0, sectors u32 @8. The payload of a write
// follows if it is not in the bounce file. The answer: kind u8 @0, entries u16 @2, tag u32 @4, a status u8 an entry from @8 (STATUS),
// then the payload of a read if it is not in the bounce file.
// Invariant: entries' payloads follow each other in their order. Runs in: domain process and domain 0 (pure).

export const KIND = { READ: 1, WRITE: 2, FLUSH: 3, DISCARD: 4 } as const

/** IN_BOUNCE: see above. BARRIER: a write before which all earlier, and after which it, must be on the disk. */
export const FLAG = { IN_BOUNCE: 1, BARRIER: 2 } as const

/** NO_SPACE: the host had no room, and the request is to be kept until it is asked again. */
export const STATUS = { GOOD: 0, ERROR: 1, NO_SPACE: 2 } as const

export const BATCH_HEADER = 16
export const BATCH_ENTRY = 12
export const ANSWER_HEADER = 8

/** Payload of one batch: long enough for large file operations, short enough that several are on the way. */
export const BATCH_BYTES = 512 * 1024
/** Payload one device has on the way; more waits in the guest's ring. */
export const DEVICE_WINDOW = 4 * 1024 * 1024
export const BATCH_ENTRIES = 1024

export interface BatchHead {
  readonly kind: number
  readonly flags: number
  readonly entries: number
  readonly tag: number
  readonly place: number
  readonly bytes: number
}

export function writeBatchHead(view: DataView, { kind, flags, entries, tag, place, bytes }: BatchHead): void {
  view.setUint8(0, kind)
  view.setUint8(1, flags)
  view.setUint16(2, entries, true)
  view.setUint32(4, tag, true)
  view.setUint32(8, place, true)
  view.setUint32(12, bytes, true)
}

export function readBatchHead(view: DataView): BatchHead {
  return {
    kind: view.getUint8(0),
    flags: view.getUint8(1),
    entries: view.getUint16(2, true),
    tag: view.getUint32(4, true),
    place: view.getUint32(8, true),
    bytes: view.getUint32(12, true),
  }
}

export function writeEntry(view: DataView, index: number, sector: number, sectors: number): void {
  const at = BATCH_HEADER + index * BATCH_ENTRY
  view.setUint32(at, sector % 0x1_0000_0000, true)
  view.setUint32(at + 4, Math.floor(sector / 0x1_0000_0000), true)
  view.setUint32(at + 8, sectors, true)
}

export function readEntry(view: DataView, index: number): { sector: number; sectors: number } {
  const at = BATCH_HEADER + index * BATCH_ENTRY
  const sector = view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true)
  return { sector, sectors: view.getUint32(at + 8, true) }
}
