// C structures as tables: each row names a field, its type and its offset in the 64-bit and in the 32-bit layout.
// Readers and writers derive from the rows, so a layout is written once. The only file where casts are allowed: the
// value's static type is computed from the rows, which TypeScript cannot check against a loop over them.
// Invariant: values of 'u64', 'ulong', 'long' and 'ptr' fields are bigint in both layouts; all others are numbers.
// Runs in: anything.

/** 'ulong', 'long' and 'ptr' are 8 bytes in the 64-bit layout and 4 in the 32-bit one. */
export type FieldType = 'u8' | 's8' | 'u16' | 's16' | 'u32' | 's32' | 'u64' | 'ulong' | 'long' | 'ptr'

/** Which of the two layouts of the ABI a structure has. */
export type Width = 64 | 32

export type FieldRow = readonly [
  name: string,
  type: FieldType,
  at64: number,
  at32: number,
  direction: 'IN' | 'OUT' | 'IN/OUT',
  note?: string,
]

export interface StructTable<F extends readonly FieldRow[] = readonly FieldRow[]> {
  readonly name: string
  readonly size64: number
  readonly size32: number
  readonly fields: F
}

type WideType = 'u64' | 'ulong' | 'long' | 'ptr'

/** The plain value of a structure, read from or to be written to memory. */
export type StructValue<F extends readonly FieldRow[]> = {
  -readonly [R in F[number] as R[0]]: R[1] extends WideType ? bigint : number
}

export function struct<const F extends readonly FieldRow[]>(
  name: string,
  size64: number,
  size32: number,
  fields: F,
): StructTable<F> {
  return { name, size64, size32, fields }
}

export function structSize(table: StructTable, width: Width): number {
  return width === 64 ? table.size64 : table.size32
}

function readField(view: DataView, at: number, type: FieldType, width: Width): number | bigint {
  switch (type) {
    case 'u8':
      return view.getUint8(at)
    case 's8':
      return view.getInt8(at)
    case 'u16':
      return view.getUint16(at, true)
    case 's16':
      return view.getInt16(at, true)
    case 'u32':
      return view.getUint32(at, true)
    case 's32':
      return view.getInt32(at, true)
    case 'u64':
      return view.getBigUint64(at, true)
    case 'ulong':
    case 'ptr':
      return width === 64 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true))
    case 'long':
      return width === 64 ? view.getBigInt64(at, true) : BigInt(view.getInt32(at, true))
  }
}

function writeField(view: DataView, at: number, type: FieldType, width: Width, value: number | bigint): void {
  switch (type) {
    case 'u8':
    case 's8':
      view.setUint8(at, Number(value))
      return
    case 'u16':
    case 's16':
      view.setUint16(at, Number(value), true)
      return
    case 'u32':
    case 's32':
      view.setUint32(at, Number(value), true)
      return
    case 'u64':
      view.setBigUint64(at, BigInt(value), true)
      return
    case 'ulong':
    case 'ptr':
    case 'long':
      if (width === 64) view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true)
      else view.setUint32(at, Number(BigInt.asUintN(32, BigInt(value))), true)
  }
}

/** Reads every field of `table` from `view` at offset `at`. */
export function readStruct<F extends readonly FieldRow[]>(
  table: StructTable<F>,
  width: Width,
  view: DataView,
  at = 0,
): StructValue<F> {
  const value: Record<string, number | bigint> = {}
  for (const [name, type, at64, at32] of table.fields) {
    value[name] = readField(view, at + (width === 64 ? at64 : at32), type, width)
  }
  return value as StructValue<F>
}

/** Writes the fields that `value` has; the others keep what is there. */
export function writeStruct<F extends readonly FieldRow[]>(
  table: StructTable<F>,
  width: Width,
  view: DataView,
  at: number,
  value: Partial<StructValue<F>>,
): void {
  const values = value as Record<string, number | bigint | undefined>
  for (const [name, type, at64, at32] of table.fields) {
    const one = values[name]
    if (one !== undefined) writeField(view, at + (width === 64 ? at64 : at32), type, width, one)
  }
}

/** Offset of one field, for code that touches a single word (event bits, clock pages). */
export function fieldOffset<F extends readonly FieldRow[]>(table: StructTable<F>, name: F[number][0], width: Width): number {
  for (const row of table.fields) if (row[0] === name) return width === 64 ? row[2] : row[3]
  throw new Error(`${table.name} has no field ${name}`)
}

/** One of our own tables: field name, bytes of one element, number of elements. Elements are naturally aligned. */
export type OwnRow = readonly [name: string, element: 1 | 2 | 4 | 8, count: number, note: string]

/** Lays own rows out one after the other from `start`; the last entry, `END`, is the first free byte. */
export function layOut<const R extends readonly OwnRow[]>(
  start: number,
  rows: R,
): Readonly<Record<R[number][0] | 'END', number>> {
  const offsets: Record<string, number> = {}
  let next = start
  for (const [name, element, count] of rows) {
    next = (next + element - 1) & -element
    offsets[name] = next
    next += element * count
  }
  offsets.END = (next + 7) & -8
  return offsets as Record<R[number][0] | 'END', number>
}

/** Rows [name, number, ...] as an object, so that code can say EVTCHNOP.EVTCHNOP_send. */
export function byName<const R extends readonly (readonly [string, number, ...unknown[]])[]>(
  rows: R,
): Readonly<Record<R[number][0], number>> {
  return Object.fromEntries(rows.map(([name, number]) => [name, number])) as Record<R[number][0], number>
}
