// Changes of mode in the middle of a random program: into compatibility mode and back, to CPL 0 by SYSCALL and back, IRET and
// POPF, each with flags and registers as they are; now and then a step or a breakpoint, which ends the program.
// Runs in: tests and the lockstep checker.
import type { Random } from './programs'

/** Selectors of fuzz/machine.ts. */
const COMPATIBILITY = 0x23
const STACK = 0x2b
const CODE_64 = 0x33
const TRAP_FLAG = 0x100
/** Flags that POPF may change at CPL 3, but for TF: CF PF AF ZF SF DF OF AC ID. */
const CHANGED = 0x24_0cd5
/** Registers without RBX and RSP. */
const FREE = [0, 1, 2, 5, 6, 7]

const bytesOf = (value: number): readonly number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255)

/** A few instructions of compatibility mode, memory at EBX among them. */
function compatible(r: Random): readonly number[] {
  const register = (): number => FREE[r(FREE.length)] ?? 0
  const one = (): readonly number[] => {
    const modrm = 0xc0 | (register() << 3) | register()
    switch (r(6)) {
      case 0:
        return [0x40 + register()] // inc
      case 1:
        return [0x48 + register()] // dec
      case 2:
        return [0x50 + register(), 0x58 + register()] // push, pop
      case 3:
        return [[0x03, 0x8b, 0x01, 0x3b, 0x89][r(5)] ?? 0x03, 0x43 | (register() << 3), r(120)]
      case 4:
        return [0x11, modrm] // adc
      default:
        return [0x0f, 0xaf, modrm] // imul
    }
  }
  return Array.from({ length: r(5) }, one).flat()
}

/** `jmp 33:...` to the byte behind it. */
const backTo64 = (at: number): readonly number[] => [0xea, ...bytesOf(at + 7), CODE_64, 0]

/** By RETF from 64-bit mode; `at`: address of its first byte. */
function byFarReturn(r: Random, at: number): readonly number[] {
  const there = [0x6a, COMPATIBILITY, 0x68, ...bytesOf(at + 9), 0x48, 0xcb]
  const inside = compatible(r)
  return [...there, ...inside, ...backTo64(at + there.length + inside.length)]
}

/** By IRETQ, to 64-bit code or to compatibility mode. */
function byIret(r: Random, at: number): readonly number[] {
  const wide = r(2) === 0
  const frame = [0x48, 0x89, 0xe0, 0x6a, STACK, 0x50, 0x9c, 0x6a, wide ? CODE_64 : COMPATIBILITY]
  const there = [...frame, 0x68, ...bytesOf(at + frame.length + 7), 0x48, 0xcf]
  if (wide) return there
  const inside = compatible(r)
  return [...there, ...inside, ...backTo64(at + there.length + inside.length)]
}

/** PUSHF, some of its flags turned round, POPF. */
function byPopf(r: Random, flags: number): readonly number[] {
  return [0x9c, 0x48, 0x81, 0x34, 0x24, ...bytesOf(flags & r(0x40_0000)), 0x9d]
}

/** Bytes of a change of mode, or of several, that stand at this address. Control comes out behind them, unless something faults. */
export function modeTrip(r: Random, at: number): readonly number[] {
  switch (r(16)) {
    case 0:
      return [0x9c, 0x81, 0x0c, 0x24, ...bytesOf(TRAP_FLAG), 0x9d] // the next instruction is stepped
    case 1:
      return [0xcc]
    case 2:
    case 3:
    case 4:
      return byPopf(r, CHANGED)
    case 5:
    case 6:
    case 7:
    case 8:
      return byFarReturn(r, at)
    case 9:
    case 10:
    case 11:
      return byIret(r, at)
    default:
      return [0x0f, 0x05] // syscall: what machine.ts has at LSTAR
  }
}
