// Writes assembly/generated/dispatch.ts: run(), the first switch with the hot uops inlined, and cold(), by family.
// Text is made from templates; the operations themselves are the functions of assembly/execute.
// Runs in: build.
import { BINARY, HAND_WRITTEN, HOT, READ_ONLY, SHIFTS, UNARY, WRITE_ONLY } from '../uops'

const TYPE = ['u8', 'u16', 'u32', 'u64'] as const
const SIGNED = ['i8', 'i16', 'i32', 'i64'] as const
const BYTES = [1, 2, 4, 8] as const

/** Uops that no instruction names. */
export const SPECIAL = ['STALE', 'RAISE', 'GOTO', 'ADDRESS', 'ADDRESS64', 'MOVABS', 'ENTER', 'LOCK'] as const

export type Numbering = {
  readonly families: readonly string[]
  readonly uop: readonly number[] // by family * 8 + k
  readonly hot: readonly { readonly family: string; readonly k: number; readonly op: number }[]
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
  const coldBase = (next + 7) & ~7
  for (let i = 0; i < uop.length; i++) if (uop[i] === 0) uop[i] = coldBase + i
  // GE with a register operand is EG with the operands the other way round, which the decoder has done
  families.forEach((family, f) => {
    const twin = family.endsWith(':GE') ? families.indexOf(family.replace(':GE', ':EG')) : -1
    if (twin < 0) return
    for (let k = 0; k < 8; k += 2) uop[f * 8 + k] = uop[twin * 8 + k] ?? 0
  })
  return { families, uop, hot, coldBase }
}

// ---- memory operands: statements that leave the host address in h -----------------------------------------------

const align = (size: number) => (size === 1 ? 'va' : `(va + ${size - 1})`)
const probe = (size: number, kind: 'READ' | 'WRITE', miss: string, address: string) => `
      const va = ${address}, e = tlb + slot(va); let h: u32
      if (load<u64>(e, ${kind}) == (${align(size)} & ~0xfff)) h = load<u32>(e, ${kind} + 8) + <u32>va
      else { h = ${miss}(va, ${size}, ${address === 'ea(ip)' ? 'ip' : 'STACK'}); if (!h) break }`
type Access = {
  read(size: number, at?: string): string
  write(size: number, at?: string): string
  update(size: number): string
}
const hotAccess: Access = {
  read: (n, at = 'ea(ip)') => probe(n, 'READ', 'readMiss', at),
  write: (n, at = 'ea(ip)') => probe(n, 'WRITE', 'writeMiss', at),
  update: (n) => probe(n, 'WRITE', 'updateMiss', 'ea(ip)'),
}
const coldAccess: Access = {
  read: (n, at = 'ea(ip)') => `const h = readHost(${at}, ${n}, ip); if (!h) return 1;`,
  write: (n, at = 'ea(ip)') => `const h = writeHost(${at}, ${n}, ip); if (!h) return 1;`,
  update: (n) => `const h = updateHost(ea(ip), ${n}, ip); if (!h) return 1;`,
}

const CONDITIONS: Readonly<Record<string, string>> = {
  o: 'ccO()',
  no: '!ccO()',
  b: 'ccB()',
  ae: '!ccB()',
  z: 'ccZ()',
  nz: '!ccZ()',
  be: 'ccBE()',
  a: '!ccBE()',
  s: 'ccS()',
  ns: '!ccS()',
  p: 'ccP()',
  np: '!ccP()',
  l: 'ccL()',
  ge: '!ccL()',
  le: 'ccLE()',
  g: '!ccLE()',
}

/** The body of a variant whose instruction does not end a block; undefined when it is written by hand. */
function plainBody(family: string, k: number, access: Access): string | undefined {
  const s = k >> 1
  const memory = (k & 1) === 1
  const T = TYPE[s]
  const n = BYTES[s]
  if (T === undefined || n === undefined) return undefined
  const [name = '', form = ''] = family.split(':')
  if ((BINARY as readonly string[]).includes(name) && ['EG', 'GE', 'EI'].includes(form)) {
    const other = form === 'EI' ? `immOf<${T}>(ip)` : `load<${T}>(src(ip))`
    const reads = !WRITE_ONLY.includes(name)
    const writes = !READ_ONLY.includes(name)
    if (!memory) {
      const call = reads ? `${name}<${T}>(load<${T}>(d), ${other})` : other
      return `const d = dst(ip); ${writes ? `put<${T}>(d, ${call})` : call}`
    }
    if (form === 'GE') {
      const call = reads ? `${name}<${T}>(load<${T}>(d), load<${T}>(h))` : `load<${T}>(h)`
      return `${access.read(n)}\n      const d = dst(ip); ${writes ? `put<${T}>(d, ${call})` : call}`
    }
    if (!writes) return `${access.read(n)}\n      ${name}<${T}>(load<${T}>(h), ${other})`
    if (!reads) return `${access.write(n)}\n      store<${T}>(h, ${other}); if (h < STAGED_BELOW) commit()`
    return `${access.update(n)}\n      store<${T}>(h, ${name}<${T}>(load<${T}>(h), ${other})); if (h < STAGED_BELOW) commit()`
  }
  if (family === 'imul:GE') {
    return memory
      ? `${access.read(n)}\n      const d = dst(ip); put<${T}>(d, imul<${T}>(load<${T}>(d), load<${T}>(h)))`
      : `const d = dst(ip); put<${T}>(d, imul<${T}>(load<${T}>(d), load<${T}>(src(ip))))`
  }
  if (family === 'imul:GEI') {
    return memory
      ? `${access.read(n)}\n      put<${T}>(dst(ip), imul<${T}>(load<${T}>(h), immOf<${T}>(ip)))`
      : `put<${T}>(dst(ip), imul<${T}>(load<${T}>(src(ip)), immOf<${T}>(ip)))`
  }
  if ((SHIFTS as readonly string[]).includes(name)) {
    const count = form === 'EC' ? '<u32>load<u8>(RCX)' : '<u32>imm(ip)'
    return memory
      ? `${access.update(n)}\n      store<${T}>(h, ${name}<${T}>(load<${T}>(h), ${count})); if (h < STAGED_BELOW) commit()`
      : `const d = dst(ip); put<${T}>(d, ${name}<${T}>(load<${T}>(d), ${count}))`
  }
  if ((UNARY as readonly string[]).includes(name) && form === 'E') {
    return memory
      ? `${access.update(n)}\n      store<${T}>(h, ${name}<${T}>(load<${T}>(h))); if (h < STAGED_BELOW) commit()`
      : `const d = dst(ip); put<${T}>(d, ${name}<${T}>(load<${T}>(d)))`
  }
  if (family === 'xchg:EG') {
    return memory
      ? `${access.update(n)}\n      const r = src(ip), v = load<${T}>(h); store<${T}>(h, load<${T}>(r)); if (h < STAGED_BELOW) commit()\n      put<${T}>(r, v)`
      : `const d = dst(ip), r = src(ip), v = load<${T}>(d); put<${T}>(d, load<${T}>(r)); put<${T}>(r, v)`
  }
  const extend = /^mov([sz])x(d|8|16)$/.exec(family)
  if (extend) {
    const from = extend[2] === '8' ? 0 : extend[2] === '16' ? 1 : 2
    const S = (extend[1] === 's' && s > from ? SIGNED : TYPE)[from]
    const D = (extend[1] === 's' && s > from ? SIGNED : TYPE)[s]
    const out = s < from ? T : D // MOVSXD to 16 bits takes the low half
    return memory
      ? `${access.read(BYTES[from] ?? 1)}\n      put<${T}>(dst(ip), <${T}><${out}>load<${S}>(h))`
      : `put<${T}>(dst(ip), <${T}><${out}>load<${S}>(src(ip)))`
  }
  const cc = /^(cmov|set)(\w+)$/.exec(family)
  const condition = cc ? CONDITIONS[cc[2] ?? ''] : undefined
  if (cc && condition) {
    if (cc[1] === 'set') {
      return memory
        ? `${access.write(1)}\n      store<u8>(h, <u8>(${condition})); if (h < STAGED_BELOW) commit()`
        : `store<u8>(dst(ip), <u8>(${condition}))`
    }
    const value = memory ? `load<${T}>(h)` : `load<${T}>(src(ip))`
    return `${memory ? `${access.read(n)}\n      ` : ''}const d = dst(ip); put<${T}>(d, ${condition} ? ${value} : load<${T}>(d))`
  }
  if (family === 'lea') return `put<${T}>(dst(ip), <${T}>ea(ip))`
  if (access === hotAccess && s === 3) {
    if (family === 'push' || family === 'push_imm') {
      const value = family === 'push_imm' ? '<u64><i64>imm(ip)' : memory ? 'v' : 'load<u64>(dst(ip))'
      const first = memory ? `let v: u64; {${access.read(8)}\n      v = load<u64>(h) }\n      ` : ''
      return `${first}${access.write(8, 'load<u64>(RSP) - 8')}\n      store<u64>(h, ${value}); if (h < STAGED_BELOW) commit()\n      store<u64>(RSP, va)`
    }
    if (family === 'pop')
      return `${access.read(8, 'load<u64>(RSP)')}\n      store<u64>(RSP, va + 8); store<u64>(dst(ip), load<u64>(h))`
    if (family === 'leave')
      return `${access.read(8, 'load<u64>(RBP)')}\n      store<u64>(RSP, va + 8); store<u64>(RBP, load<u64>(h))`
  }
  return undefined
}

// Follow a link when there is one and budget is left; else leave. A target in the page goes through the boundary, which
// fills the link in; others never have a link and are found by the jump cache.
const follow = (link: string, target: string) => `
      const t = load<u32>(${link}), left = load<i32>(BUDGET) - orderOf(ip) - 1
      if (t != 0 && left > 0) { store<i32>(BUDGET, left); ip = t; continue }
      const to = ${target}
      store<u64>(RIP, ripAt(to)); store<u32>(PATCH, to & ~0xfff ? 0 : ${link}); break`

const checked = '\n      if (<u64>(<i64>(target << 16) >> 16) != target) { raise(GP, 0); break }'

/** The body of a hot variant that ends a block. It leaves by `continue` with a new ip, or breaks with RIP set. */
function endingBody(family: string, k: number): string | undefined {
  const memory = (k & 1) === 1
  const jcc = /^j(\w+)$/.exec(family)
  const condition = jcc ? CONDITIONS[jcc[1] ?? ''] : undefined
  if (condition) return `if (${condition}) {${follow('ip + 8', 'load<i32>(ip, 12)')} }${follow('ip + 24', 'load<i32>(ip, 20)')}`
  if (family === 'jmp') return follow('ip + 8', 'load<i32>(ip, 12)')
  const pushNext = (before = '') =>
    `${hotAccess.write(8, 'load<u64>(RSP) - 8')}${before}\n      store<u64>(h, load<u64>(PC_BASE) + <u64><i64>load<i32>(ip, 20)); if (h < STAGED_BELOW) commit()\n      store<u64>(RSP, va)`
  if (family === 'call') return `${pushNext()}${follow('ip + 8', 'load<i32>(ip, 12)')}`
  if (family === 'ret')
    return `${hotAccess.read(8, 'load<u64>(RSP)')}\n      const target = load<u64>(h)${checked}
      store<u64>(RIP, target); store<u64>(RSP, va + 8); break`
  // a target that is not canonical faults at the branch itself, after the stack's own faults
  const target = memory
    ? `let target: u64; {${hotAccess.read(8)}\n      target = load<u64>(h) }`
    : 'const target = load<u64>(dst(ip));'
  if (family === 'jmp_ind') return `${target}${checked}\n      store<u64>(RIP, target); break`
  if (family === 'call_ind') return `${target}${pushNext(checked)}\n      store<u64>(RIP, target); break`
  return undefined
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
