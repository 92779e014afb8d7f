// Tells V8 which branches of the core are hardly ever taken: every `if` of which one arm, and not the other, begins with straight code
// that calls a function named as cold (the slow way of an access, a fault). AssemblyScript has no word for it, so the compiled module
// is looked at: its code stays as it is, a custom section in front of it names the branches.
// Invariant: without the section the module is the same byte for byte.
// Runs in: plain Node, in the build. Spec: WebAssembly 2.0 with threads, chapter 5 (binary format); the proposal "branch hinting".

const SECTION = { custom: 0, import: 2, code: 10 }
const OP = { block: 0x02, loop: 0x03, if: 0x04, else: 0x05, end: 0x0b, call: 0x10 }
const SECTION_NAME = 'metadata.code.branch_hint'
const text = new TextDecoder()

class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes
    this.at = at
  }
  byte() {
    return this.bytes[this.at++]
  }
  /** Unsigned LEB128. */
  number() {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const b = this.byte()
      value += (b & 127) * scale
      if (b < 128) return value
    }
  }
  skip(numbers) {
    for (let i = 0; i < numbers; i++) while (this.byte() >= 128);
  }
  name() {
    const length = this.number()
    this.at += length
    return text.decode(this.bytes.subarray(this.at - length, this.at))
  }
}

function leb(value) {
  const bytes = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return [...bytes, value]
}

/** [id, where it begins, where its content begins, where it ends] of each section. */
function* sectionsOf(bytes) {
  const r = new Reader(bytes, 8)
  while (r.at < bytes.length) {
    const start = r.at
    const id = r.byte()
    const size = r.number()
    yield [id, start, r.at, r.at + size]
    r.at += size
  }
}

function importedFunctions(r) {
  let functions = 0
  for (let left = r.number(); left > 0; left--) {
    r.name()
    r.name()
    const kind = r.byte()
    if (kind === 0) {
      functions++
      r.skip(1)
    } else if (kind === 3)
      r.at += 2 // global
    else {
      if (kind === 1) r.byte() // table: its type
      r.skip(r.byte() & 1 ? 2 : 1) // limits
    }
  }
  return functions
}

/** Indices of the functions whose names end so, and which of the names these are. */
function functionsNamed(r, end, names) {
  const indices = new Set()
  const found = new Set()
  while (r.at < end) {
    const kind = r.byte()
    const size = r.number()
    const next = r.at + size
    if (kind === 1) {
      for (let left = r.number(); left > 0; left--) {
        const index = r.number()
        const name = r.name().split('/').pop()
        if (!names.includes(name)) continue
        indices.add(index)
        found.add(name)
      }
    }
    r.at = next
  }
  return { indices, found }
}

/** Passes over what follows an opcode, but the index of a call. */
function immediates(r, op) {
  if (op === OP.block || op === OP.loop || op === OP.if) r.skip(1)
  else if (op === 0x0c || op === 0x0d || (op >= 0x20 && op <= 0x26) || op === 0x3f || op === 0x40) r.skip(1)
  else if (op === 0x0e) r.skip(r.number() + 1)
  else if (op === 0x11 || (op >= 0x28 && op <= 0x3e)) r.skip(2)
  else if (op === 0x41 || op === 0x42) r.skip(1)
  else if (op === 0x43) r.at += 4
  else if (op === 0x44) r.at += 8
  else if (op === 0x1c) r.skip(r.number())
  else if (op === 0xfc) {
    const operands = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1][r.number()]
    r.skip(operands)
  } else if (op === 0xfd) {
    const vector = r.number()
    if (vector <= 11 || vector === 92 || vector === 93) r.skip(2)
    else if (vector === 12 || vector === 13) r.at += 16
    else if (vector >= 21 && vector <= 34) r.at += 1
    else if (vector >= 84 && vector <= 91) {
      r.skip(2)
      r.at += 1
    }
  } else if (op === 0xfe) r.skip(r.number() === 3 ? 1 : 2)
}

/** Offsets of a function's hinted ifs from its first byte, with 0 for "hardly ever taken" or 1 for "nearly always". */
function hintsOf(r, end, cold) {
  const first = r.at
  const hints = []
  for (let groups = r.number(); groups > 0; groups--) r.skip(2)
  // one for each open frame; `straight`: nothing has branched since the arm began; `calls`: of the arm and the one before it
  const frames = [{ op: OP.block, straight: false, calls: [false] }]
  while (r.at < end) {
    const at = r.at
    const op = r.byte()
    const frame = frames.at(-1)
    if (op === OP.call) {
      const called = r.number()
      if (cold.has(called) && frame.straight) frame.calls[frame.calls.length - 1] = true
      continue
    }
    immediates(r, op)
    if (op === OP.block || op === OP.loop || op === OP.if)
      frames.push({ op, at: at - first, straight: op === OP.if, calls: [false] })
    else if (op === OP.else) {
      frame.straight = true
      frame.calls.push(false)
    } else if (op === OP.end) {
      frames.pop()
      if (frame.op === OP.if) {
        const [taken, other = false] = frame.calls
        if (taken !== other) hints.push([frame.at, taken ? 0 : 1])
      }
      // what an inner frame did may have been a way out
      const outer = frames.at(-1)
      if (outer) outer.straight = false
    } else if (op >= 0x0c && op <= 0x0f) frame.straight = false
  }
  return hints.sort(([a], [b]) => a - b)
}

/** The module with its hints, how many there are, and names without a function. `names`: last parts of the names of cold functions. */
export function hintColdBranches(bytes, names) {
  let imported = 0
  let cold = { indices: new Set(), found: new Set() }
  const sections = [...sectionsOf(bytes)]
  for (const [id, , from, to] of sections) {
    const r = new Reader(bytes, from)
    if (id === SECTION.import) imported = importedFunctions(r)
    if (id === SECTION.custom && r.name() === 'name') cold = functionsNamed(r, to, names)
  }
  const [, start, from] = sections.find(([id]) => id === SECTION.code)
  const r = new Reader(bytes, from)
  const functions = []
  let hints = 0
  for (let i = 0, all = r.number(); i < all; i++) {
    const size = r.number()
    const end = r.at + size
    const own = hintsOf(r, end, cold.indices)
    r.at = end
    if (own.length === 0) continue
    hints += own.length
    functions.push([...leb(imported + i), ...leb(own.length), ...own.flatMap(([at, taken]) => [...leb(at), 1, taken])])
  }
  const content = [
    ...leb(SECTION_NAME.length),
    ...new TextEncoder().encode(SECTION_NAME),
    ...leb(functions.length),
    ...functions.flat(),
  ]
  const section = Uint8Array.of(SECTION.custom, ...leb(content.length), ...content)
  const hinted = new Uint8Array(bytes.length + section.length)
  hinted.set(bytes.subarray(0, start))
  hinted.set(section, start)
  hinted.set(bytes.subarray(start), start + section.length)
  return { bytes: hinted, hints, unknown: names.filter((name) => !cold.found.has(name)) }
}
