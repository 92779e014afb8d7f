// Writes assembly/generated/dispatch.ts: run(), the first switch with the hot uops inlined, and cold(), by family.
// What a uop does is made from the templates of bodies.ts and pairs.ts.
// Runs in: build.
import { HAND_WRITTEN, HOT, PAIRS, SHIFTS, type Variant } from '../uops'
import { CONDITIONS, coldAccess, endingBody, follow, hotAccess, plainBody, TYPE } from './bodies'
import { pairBody } from './pairs'

/** Uops that no instruction names. */
export const SPECIAL = ['STALE', 'RAISE', 'GOTO', 'ADDRESS', 'ADDRESS64', 'MOVABS', 'ENTER', 'LOCK'] as const

export type HotUop = { readonly family: string; readonly k: number; readonly op: number }
export type Numbering = {
  readonly families: readonly string[]
  readonly uop: readonly number[] // by family * 8 + k
  readonly hot: readonly HotUop[]
  /** Pairs as one uop: its number, and the two by themselves. */
  readonly pairs: readonly { readonly op: number; readonly first: HotUop; readonly second: HotUop }[]
  readonly coldBase: number
}

/** Give every family and variant its number; hot ones come first. */
export function numberUops(families: readonly string[]): Numbering {
  const uop = new Array<number>(families.length * 8).fill(0)
  const hot: { family: string; k: number; op: number }[] = []
  let next: number = SPECIAL.length
  families.forEach((family, f) => {
    const heat = HOT[family]
    for (let k = 0; k < 8; k++) {
      if (heat?.[k & 1 ? 'mem' : 'reg']?.includes(k >> 1)) {
        hot.push({ family, k, op: next })
        uop[f * 8 + k] = next++
      }
    }
  })
  const hotUop = ([family, size, memory]: Variant): HotUop => {
    const found = hot.find((row) => row.family === family && row.k === size * 2 + (memory ? 1 : 0))
    if (!found) throw new Error(`no hot uop ${family} ${size} to be one of a pair`)
    return found
  }
  const pairs = PAIRS.flatMap(([first, seconds]) =>
    seconds.map((second) => ({ op: next++, first: hotUop(first), second: hotUop(second) })),
  )
  const coldBase = (next + 7) & ~7
  for (let i = 0; i < uop.length; i++) if (uop[i] === 0) uop[i] = coldBase + i
  // GE with a register operand is EG with the operands the other way round, which the decoder has done
  families.forEach((family, f) => {
    const twin = family.endsWith(':GE') ? families.indexOf(family.replace(':GE', ':EG')) : -1
    if (twin < 0) return
    for (let k = 0; k < 8; k += 2) uop[f * 8 + k] = uop[twin * 8 + k] ?? 0
  })
  return { families, uop, hot, pairs, coldBase }
}

// ---- the file ------------------------------------------------------------------------------------------------------

export function dispatchSource(n: Numbering, ends: ReadonlySet<string>): string {
  const cases: string[] = []
  for (const { family, k, op } of n.hot) {
    const ending = endingBody(family, k)
    const plain = ending === undefined ? plainBody(family, k, hotAccess) : undefined
    if (ending === undefined && plain === undefined) throw new Error(`no template for the hot uop ${family} ${k}`)
    cases.push(
      `    case ${op}: { // ${family} ${TYPE[k >> 1]}${k & 1 ? ' mem' : ''}\n      ${ending ?? `${plain}\n      ip += UOP; continue`}\n    }`,
    )
  }
  for (const { op, first, second } of n.pairs) {
    const cold = n.coldBase + n.families.indexOf(first.family) * 8 + first.k
    cases.push(`    case ${op}: { // ${first.family} and ${second.family}\n      ${pairBody(first, second, cold)}\n    }`)
  }
  const functions: string[] = []
  const coldCases: string[] = []
  const imports = new Map<string, string[]>()
  const hand = new Map(Object.entries(HAND_WRITTEN).flatMap(([m, names]) => names.map((x): [string, string] => [x, m])))
  n.families.forEach((family, f) => {
    let call: string
    const coldName = hand.has(`${family}_cold`)
      ? `${family}_cold`
      : /^j(\w+)$/.test(family) && CONDITIONS[family.slice(1)]
        ? 'jcc_cold'
        : family
    const module = hand.get(coldName)
    if (module !== undefined) {
      const list = imports.get(module) ?? []
      if (!list.includes(coldName)) list.push(coldName)
      imports.set(module, list)
      call =
        coldName === 'jcc_cold' ? `jcc_cold(ip, ${Object.keys(CONDITIONS).indexOf(family.slice(1))}, k)` : `${coldName}(ip, k)`
    } else {
      const name = `c_${family.replace(':', '_')}`
      const variants = []
      for (let k = 0; k < 8; k++) {
        const body = plainBody(family, k, coldAccess)
        if (body === undefined) throw new Error(`no code for the uop family ${family}`)
        variants.push(`    case ${k}: { ${body}; return 0 }`)
      }
      functions.push(`function ${name}(ip: u32, k: u32): i32 {\n  switch (k) {\n${variants.join('\n')}\n  }\n  return 0\n}`)
      call = `${name}(ip, k)`
    }
    coldCases.push(ends.has(family) ? `    case ${f}: return ${call} ? 1 : advance(ip)` : `    case ${f}: return ${call}`)
  })
  const importLines = [...imports].map(([m, names]) => `import { ${names.join(', ')} } from '../execute/${m}'`).join('\n')
  return `// Generated by isa/generate/dispatch.ts from isa/opcode-map.ts and isa/uops.ts. Do not edit.
import { UOP, dst, src, imm, immOf, ea, put, orderOf, ripAt, offsetOf, raise, GP } from '../state'
import { ccO, ccB, ccZ, ccBE, ccS, ccP, ccL, ccLE } from '../flags'
import { add, or, adc, sbb, and, sub, xor, cmp, test, mov, inc, dec, neg, not, imul } from '../execute/arith'
import { ${SHIFTS.join(', ')} } from '../execute/shift'
import { READ, WRITE, slot } from '../mmu/tlb'
import { readMiss, writeMiss, updateMiss, readHost, writeHost, updateHost, commit, STAGED_BELOW, STACK } from '../mmu/access'
import { boundary, start, advance, address, stale } from '../execute/boundary'
import { locked } from '../execute/locked'
import { OP_LOCK } from './tables'
import { enterRegion, LEFT } from '../execute/translated'
import { cachedJump } from '../decode/cache'
import { VCPU, RIP, RSP, RBP, RCX, PC_BASE, CODE_BASE, DTLB, ATTENTION, BUDGET, RESULT, PATCH, TMP } from './layout'
${importLines}

/** Run about \`count\` instructions; returns an exit code of state-layout.ts. */
export function run(count: i32): i32 {
  store<i32>(BUDGET, count)
  let ip = start()
  if (!ip) return load<i32>(RESULT)
  let tlb = load<u32>(DTLB)
  store<u32>(PATCH, 0)
  while (true) {
    const op = <u32>load<u16>(ip)
    switch (op) {
    case 0: { // dropped while running: look the instruction up again
      stale(ip); store<i32>(BUDGET, load<i32>(BUDGET) + 1); break
    }
    case 1: { raise(imm(ip), 0); break }
    case 2: {${follow('ip + 8', 'load<i32>(ip, 12)')}
    }
    case 3: { if (address(ip)) break; ip += UOP; continue }
    case 4: { store<u64>(TMP, load<u64>(VCPU + <u32>load<u8>(ip, 6)) + load<u64>(ip, 8)); ip += UOP; continue }
    case 5: { store<u64>(dst(ip), load<u64>(ip, 8)); ip += UOP; continue }
    case 6: { // translated code
      ip = enterRegion(ip)
      if (ip & LEFT) { ip &= ~LEFT; break }
      continue
    }
    case 7: { if (locked(ip)) break; ip += 2 * UOP; continue }
${cases.join('\n')}
    default: { if (cold(ip, op)) break; ip += UOP; continue }
    }
    const budget = load<i32>(BUDGET) - orderOf(ip) - 1
    store<i32>(BUDGET, budget)
    if (!load<i32>(ATTENTION) && budget > 0 && !load<u32>(PATCH)) {
      const lin = load<u64>(RIP) + load<u64>(CODE_BASE)
      const t = cachedJump(lin)
      if (t) { store<u64>(PC_BASE, lin & ~0xfff); ip = t; continue }
    }
    ip = boundary(ip, load<u32>(PATCH))
    if (!ip) return load<i32>(RESULT)
    store<u32>(PATCH, 0)
    tlb = load<u32>(DTLB)
  }
  return 0
}

${functions.join('\n')}

/** A uop that the first switch does not know. 0: go on with the next uop; 1: leave the block. */
export function cold(ip: u32, op: u32): i32 {
  if (op == OP_LOCK) return locked(ip)
  const k = op & 7
  switch ((op - ${n.coldBase}) >> 3) {
${coldCases.join('\n')}
  }
  return 0
}
`
}
