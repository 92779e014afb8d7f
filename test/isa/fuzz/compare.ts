// Whether an answer of our core is the host's: every register, defined flag, byte of memory and fault.
// Runs in: tests and the fuzzer.
import { type Answer, type Case, CODE } from './case'
import type { Form } from './forms'
import { UNDEFINED_FLAGS } from './undefined'

const COMPARED = 0xdd5
const names = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', ...Array.from({ length: 8 }, (_, i) => `r${i + 8}`)]

const APPROXIMATE = /^r(cp|sqrt)[ps]s$/

const hex = (v: bigint | number): string => `0x${v.toString(16)}`

/** Linux shows every fault above user space (TASK_SIZE_MAX) as a protection violation. */
export function shownByLinux(a: Answer): Answer {
  return a.trap === 14 && a.cr2 >= 0x7fff_ffff_f000n ? { ...a, error: a.error | 1 } : a
}

/** Differences as text, or ''. */
export function compare(form: Form, c: Case, host: Answer, ours: Answer): string {
  const found: string[] = []
  if (host.trap !== ours.trap) found.push(`exception host ${host.trap} ours ${ours.trap}`)
  if (host.rip !== ours.rip) found.push(`rip host ${hex(host.rip - CODE)} ours ${hex(ours.rip - CODE)}`)
  if (host.trap === ours.trap) {
    if (host.cr2 !== ours.cr2) found.push(`cr2 host ${hex(host.cr2)} ours ${hex(ours.cr2)}`)
    const { error } = shownByLinux(ours)
    if (host.error !== error) found.push(`error code host ${hex(host.error)} ours ${hex(error)}`)
  }
  const low = c.bits === 32 ? 0xffff_ffffn : (1n << 64n) - 1n
  host.gpr.slice(0, c.bits === 32 ? 8 : 16).forEach((v, n) => {
    if ((v & low) !== ((ours.gpr[n] ?? 0n) & low)) found.push(`${names[n]} host ${hex(v)} ours ${hex(ours.gpr[n] ?? 0n)}`)
  })
  const undefinedFlags = form.set === 'integer' ? (UNDEFINED_FLAGS[form.row[9]]?.mask ?? 0) : 0
  const mask = COMPARED & ~undefinedFlags
  if ((host.rflags ^ ours.rflags) & mask)
    found.push(
      `flags host ${hex(host.rflags & COMPARED)} ours ${hex(ours.rflags & COMPARED)} differ ${flagNames((host.rflags ^ ours.rflags) & mask)}`,
    )
  const middle = Uint8Array.from(host.middle)
  if (form.name.startsWith('fxsave') && host.rip !== CODE + BigInt(c.offset)) middle.set(ours.middle.subarray(28, 32), 28) // TOLERATED.mxcsrMask (undefined.ts)
  compareBytes(found, 'middle', middle, ours.middle)
  compareBytes(found, 'tail', host.tail, ours.tail)
  if (c.fx && host.fx && ours.fx) compareFx(found, host.fx, ours.fx, form.set === 'sse' && APPROXIMATE.test(form.row[0]))
  return found.join('; ')
}

function compareBytes(found: string[], name: string, a: Uint8Array, b: Uint8Array): void {
  if (Buffer.compare(a, b) === 0) return
  let from = 0
  while (a[from] === b[from]) from++
  let to = a.length
  while (a[to - 1] === b[to - 1]) to--
  to = Math.min(to, from + 32)
  const text = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(from, to)).toString('hex')
  found.push(`${name}+${hex(from)} host ${text(a)} ours ${text(b)}`)
}

/** Whether four lanes of floats agree to 12 bits; TOLERATED.approximation. */
function nearly(a: Uint8Array, b: Uint8Array): boolean {
  const x = new DataView(a.buffer, a.byteOffset, 16)
  const y = new DataView(b.buffer, b.byteOffset, 16)
  return [0, 4, 8, 12].every((at) => {
    const [p, q] = [x.getFloat32(at, true), y.getFloat32(at, true)]
    return (
      x.getUint32(at, true) === y.getUint32(at, true) ||
      Math.abs(p - q) <= 2 * 1.5 * 2 ** -12 * Math.abs(p) ||
      Math.max(Math.abs(p), Math.abs(q)) <= 2 ** -126
    )
  })
}

function compareFx(found: string[], a: Uint8Array, b: Uint8Array, approximate: boolean): void {
  const part = (name: string, at: number, length: number): void => {
    const x = Buffer.from(a.subarray(at, at + length))
      .reverse()
      .toString('hex')
    const y = Buffer.from(b.subarray(at, at + length))
      .reverse()
      .toString('hex')
    if (x !== y) found.push(`${name} host ${x} ours ${y}`)
  }
  part('fcw', 0, 2)
  part('fsw', 2, 2)
  part('ftw', 4, 1)
  part('mxcsr', 24, 4)
  for (let i = 0; i < 8; i++) part(`st${i}`, 32 + i * 16, 10)
  for (let i = 0; i < 16; i++) {
    const at = 160 + i * 16
    if (!approximate || !nearly(a.subarray(at, at + 16), b.subarray(at, at + 16))) part(`xmm${i}`, at, 16)
  }
}

export function flagNames(v: number): string {
  const list: readonly (readonly [number, string])[] = [
    [1, 'CF'],
    [4, 'PF'],
    [16, 'AF'],
    [64, 'ZF'],
    [128, 'SF'],
    [256, 'TF'],
    [1024, 'DF'],
    [2048, 'OF'],
  ]
  return list
    .filter(([bit]) => v & bit)
    .map(([, name]) => name)
    .join('')
}

export function describe(c: Case): string {
  const regs = c.gpr
    .slice(0, c.bits / 4)
    .map((v, n) => `${names[n]}=${v.toString(16)}`)
    .join(' ')
  return `code ${Buffer.from(c.code).toString('hex')} at ${hex(c.offset)} flags ${hex(c.rflags)} (${flagNames(c.rflags)}) ${regs}`
}
