// One vcpu that stands still, as text: registers by name, flags spelled out, the code it would go on with, its stack.
// The status flags are kept lazily by the core (assembly/flags.ts); here they are worked out from the same four words.
// Runs in: main thread of the domain's process, only while the vcpus are parked.
import { disassemble } from '../isa/disassemble'
import { SEGMENT } from '../isa/state-layout'
import type { GuestMemory } from '../memory/guest-memory'
import type { VcpuReply } from '../public/protocol/inspect'
import type { Registers } from '../vcpu/registers'
import { readVirtual } from './page-walk'

const GPRS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'] as const
const CODE_LINES = 24
const LONGEST_INSTRUCTION = 15
const STACK_WORDS = 16

const CF = 1
const PF = 4
const AF = 0x10
const ZF = 0x40
const SF = 0x80
const OF = 0x800
/** Bits of RFLAGS with a name. */
const FLAGS = [
  [CF, 'CF'],
  [PF, 'PF'],
  [AF, 'AF'],
  [ZF, 'ZF'],
  [SF, 'SF'],
  [0x100, 'TF'],
  [0x200, 'IF'],
  [0x400, 'DF'],
  [OF, 'OF'],
  [0x4000, 'NT'],
  [0x10000, 'RF'],
  [0x20000, 'VM'],
  [0x40000, 'AC'],
  [0x200000, 'ID'],
] as const

export const hexText = (value: bigint | number): string => `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`

const signed = (value: bigint): bigint => BigInt.asIntN(64, value)

function evenParity(byte: number): boolean {
  let bits = byte & 0xff
  bits ^= bits >> 4
  bits ^= bits >> 2
  bits ^= bits >> 1
  return (bits & 1) === 0
}

/** RFLAGS from the lazy words; the types are those of assembly/flags.ts. */
export function eflagsOf(registers: Registers): number {
  const rest = registers.get32('EFLAGS_REST') | 2
  const type = registers.get32('FLAGS_TYPE')
  const [a, b, r] = [signed(registers.get64('FLAGS_A')), signed(registers.get64('FLAGS_B')), signed(registers.get64('FLAGS_R'))]
  const low = Number(BigInt.asUintN(32, a))
  if (type === 0) return rest | low
  let flags = (r === 0n ? ZF : 0) | (r < 0n ? SF : 0) | (evenParity(Number(BigInt.asUintN(8, r))) ? PF : 0)
  const [ua, ub, ur] = [a, b, r].map((value) => BigInt.asUintN(64, value))
  if (ua === undefined || ub === undefined || ur === undefined) return rest
  switch (type) {
    case 1: // SUB
      flags |= (ua < ub ? CF : 0) | (((a ^ b) & (a ^ r)) < 0n ? OF : 0) | Number((ua ^ ub ^ ur) & 0x10n)
      break
    case 2: // ADD
      flags |= (ur < ua ? CF : 0) | (((a ^ r) & (b ^ r)) < 0n ? OF : 0) | Number((ua ^ ub ^ ur) & 0x10n)
      break
    case 3: // PARTIAL
      flags |= low & (CF | AF | OF)
      break
    case 4: // SHIFTED
      flags |= (a < 0n ? CF : 0) | (b < 0n ? OF : 0) | AF
      break
    default: // PRODUCT
      if (a * b !== r) flags |= CF | OF
  }
  return rest | flags
}

export function inspectVcpu(memory: GuestMemory, registers: Registers): VcpuReply {
  const mode = ([16, 32, 64] as const)[registers.get32('MODE')] ?? 64
  const wide = mode === 64
  const rip = registers.get64('RIP')
  const flags = eflagsOf(registers)
  const shown: { name: string; value: string; note: string }[] = []
  const add = (name: string, value: bigint | number, note = ''): void => void shown.push({ name, value: hexText(value), note })
  add('rip', rip)
  for (const [number, name] of GPRS.entries()) add(name, registers.gpr(number))
  if (wide) for (let number = 8; number < 16; number++) add(`r${number}`, registers.gpr(number))
  const names = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)
  add('rflags', flags, [...names, `IOPL=${(flags >> 12) & 3}`].join(' '))
  for (const name of ['CR0', 'CR2', 'CR3', 'CR4', 'CR8', 'EFER'] as const) add(name.toLowerCase(), registers.get64(name))
  for (const [name, number] of Object.entries(SEGMENT)) {
    const { selector, base, limit } = registers.segment(number)
    add(name.toLowerCase(), selector, `base ${hexText(base)} limit ${hexText(limit)}`)
  }
  add('gdtr', registers.get64('GDTR_BASE'), `limit ${hexText(registers.get32('GDTR_LIMIT'))}`)
  add('idtr', registers.get64('IDTR_BASE'), `limit ${hexText(registers.get32('IDTR_LIMIT'))}`)
  for (const name of ['KERNEL_GS_BASE', 'LSTAR', 'STAR', 'SFMASK', 'TSC_AUX'] as const) {
    add(name.toLowerCase(), registers.get64(name))
  }
  add('cpl', registers.get32('CPL'))

  const paging = {
    cr0: registers.get64('CR0'),
    cr3: registers.get64('CR3'),
    cr4: registers.get64('CR4'),
    efer: registers.get64('EFER'),
  }
  const from = BigInt.asUintN(64, rip + registers.get64('CODE_BASE'))
  const bytes = readVirtual(memory, paging, from, CODE_LINES * LONGEST_INSTRUCTION)
  const code: { address: string; bytes: string; text: string }[] = []
  for (let at = 0; at < bytes.length && code.length < CODE_LINES; ) {
    const address = from + BigInt(at)
    const { length, mnemonic, operands } = disassemble(bytes, at, mode, address)
    // One that the end of what is mapped cuts off is none.
    const cutOff = mnemonic === '(bad)' && at + LONGEST_INSTRUCTION > bytes.length
    if (cutOff || at + length > bytes.length) break
    const raw = [...bytes.subarray(at, at + length)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    code.push({ address: hexText(address), bytes: raw.slice(0, 48), text: `${mnemonic} ${operands}`.trim().slice(0, 256) })
    at += length
  }
  const size = wide ? 8 : 4
  const top = BigInt.asUintN(64, registers.gpr(4) + (wide ? 0n : registers.segment(SEGMENT.SS).base))
  const words = readVirtual(memory, paging, top, STACK_WORDS * size)
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength)
  const stack = Array.from({ length: Math.floor(words.length / size) }, (_, index) => ({
    address: hexText(top + BigInt(index * size)),
    value: hexText(wide ? view.getBigUint64(index * size, true) : view.getUint32(index * size, true)),
  }))
  return { mode, registers: shown, code, stack }
}
