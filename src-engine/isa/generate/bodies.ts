// What a uop does, as AssemblyScript: templates from which dispatch.ts makes the cases of run() and of the functions behind cold().
// The operations themselves are the functions of assembly/execute. A body that does not end a block leaves by `break` with a fault
// noted; one that does leaves by `continue` with a new ip, or by `break` with RIP set.
// Runs in: build.
import { BINARY, READ_ONLY, SHIFTS, UNARY, WRITE_ONLY } from '../uops'

export const TYPE = ['u8', 'u16', 'u32', 'u64'] as const
export const SIGNED = ['i8', 'i16', 'i32', 'i64'] as const
export const BYTES = [1, 2, 4, 8] as const

// ---- memory operands: statements that leave the host address in h -----------------------------------------------

const align = (size: number) => (size === 1 ? 'va' : `(va + ${size - 1})`)
/** `missed`: the statements for what the TLB does not have. */
export const probe = (size: number, kind: 'READ' | 'WRITE', address: string, missed: string) => `
      const va = ${address}, e = tlb + slot(va); let h: u32
      if (load<u64>(e, ${kind}) == (${align(size)} & ~0xfff)) h = load<u32>(e, ${kind} + 8) + <u32>va
      else { ${missed} }`
const hotProbe = (size: number, kind: 'READ' | 'WRITE', miss: string, address: string) =>
  probe(size, kind, address, `h = ${miss}(va, ${size}, ${address === 'ea(ip)' ? 'ip' : 'STACK'}); if (!h) break`)
export type Access = {
  read(size: number, at?: string): string
  write(size: number, at?: string): string
  update(size: number): string
}
export const hotAccess: Access = {
  read: (n, at = 'ea(ip)') => hotProbe(n, 'READ', 'readMiss', at),
  write: (n, at = 'ea(ip)') => hotProbe(n, 'WRITE', 'writeMiss', at),
  update: (n) => hotProbe(n, 'WRITE', 'updateMiss', 'ea(ip)'),
}
export const coldAccess: Access = {
  read: (n, at = 'ea(ip)') => `const h = readHost(${at}, ${n}, ip); if (!h) return 1;`,
  write: (n, at = 'ea(ip)') => `const h = writeHost(${at}, ${n}, ip); if (!h) return 1;`,
  update: (n) => `const h = updateHost(ea(ip), ${n}, ip); if (!h) return 1;`,
}

export const CONDITIONS: Readonly<Record<string, string>> = {
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
export function plainBody(family: string, k: number, access: Access): string | undefined {
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
  if (access !== coldAccess && s === 3) {
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
export const follow = (link: string, target: string) => `
      const t = load<u32>(${link}), left = load<i32>(BUDGET) - orderOf(ip) - 1
      if (t != 0 && left > 0) { store<i32>(BUDGET, left); ip = t; continue }
      const to = ${target}
      store<u64>(RIP, ripAt(to)); store<u32>(PATCH, to & ~0xfff ? 0 : ${link}); break`

const checked = '\n      if (<u64>(<i64>(target << 16) >> 16) != target) { raise(GP, 0); break }'

/** The body of a hot variant that ends a block. It leaves by `continue` with a new ip, or breaks with RIP set. */
export function endingBody(family: string, k: number): string | undefined {
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
