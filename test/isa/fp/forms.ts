// Encodes the rows of isa/sse-rows.ts and runs one of them in the core as the decoder would: register forms use
// register 1 (ModRM.reg) and 2 (ModRM.rm), memory forms [RSI].
// Runs in: vitest.
import { type SseRow, sseFunctionId } from '../../../src-engine/isa/sse-rows'
import { address, type FpCore, OPERAND } from './core'
import type { OperandKind } from './states'

export type Variant = { readonly row: SseRow; readonly memory: boolean; readonly rm: number; readonly name: string }

/** Register and memory variants of a row, the register one also with both operands the same. */
export function variantsOf(row: SseRow): Variant[] {
  const letters = row[4].split(',')
  const has = (set: string): boolean => letters.some((letter) => set.includes(letter))
  const label = [row[1], row[0], row[4], row[10].includes('w1') ? 'W' : ''].filter(Boolean).join(' ')
  if (row[4] === '') return [{ row, memory: false, rm: 2, name: label }]
  const found: Variant[] = []
  if (!has('M')) found.push({ row, memory: false, rm: 2, name: `${label} register` })
  if (!has('M') && letters[0] !== 'G' && has('WUQN') && has('VP'))
    found.push({ row, memory: false, rm: 1, name: `${label} same` })
  if (has('WQEM')) found.push({ row, memory: true, rm: 6, name: `${label} memory` })
  return found
}

export function encode({ row, memory, rm }: Variant, imm: number): Uint8Array {
  const [, prefix, opcode, ext, form, , , , , , flags] = row
  const bytes: number[] = prefix === '' ? [] : [Number.parseInt(prefix, 16)]
  if (flags.includes('w1')) bytes.push(0x48)
  bytes.push(0x0f, opcode)
  if (form !== '') bytes.push((memory ? 0 : 0xc0) | ((ext < 0 ? 1 : ext) << 3) | rm)
  if (form.endsWith('I')) bytes.push(imm)
  return Uint8Array.from(bytes)
}

/** Runs the variant; the return value of sse_execute. MASKMOV's bytes are stored here, as the caller must. */
export function execute(core: FpCore, bytes: Uint8Array, { row, memory, rm }: Variant, imm: number): number {
  const locate = (letter: string | undefined): number => {
    switch (letter) {
      case 'V':
        return address('XMM') + 16
      case 'P':
        return address('FPU_ST') + 16
      case 'G':
        return address('GPR') + 8
      case 'W':
      case 'U':
        return memory ? OPERAND : address('XMM') + 16 * rm
      case 'Q':
      case 'N':
        return memory ? OPERAND : address('FPU_ST') + 16 * rm
      case 'E':
      case 'R':
        return memory ? OPERAND : address('GPR') + 8 * rm
      default:
        return OPERAND
    }
  }
  const [dst, src] = row[4].split(',')
  const result = core.sse_execute(sseFunctionId(row), locate(dst), locate(src), imm)
  if (!row[10].includes('rdi') || (row[10].includes('mmx') && result & 0x100)) return result
  for (let i = 0; i < 16; i++) if (result & (1 << i)) bytes[OPERAND + 112 + i] = bytes[locate(dst) + i] ?? 0
  return 0
}

/** What the operands of a row are, for the generator. */
export function kindOf(row: SseRow): OperandKind {
  const [mnemonic, , , , , , , , , module] = row
  if (module !== 'sse-float' && module !== 'sse-convert') return 'bits'
  const source = /^cvtt?(\w\w)2/.exec(mnemonic)?.[1] ?? mnemonic.slice(-2)
  if (source === 'dq' || source === 'pi' || source === 'si') return 'bits'
  return source.endsWith('d') ? 'f64' : 'f32'
}
