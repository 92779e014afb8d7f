// What lockstep shows of a difference: the guest's code and what the translator made of it, both as text.
// Runs in: tests and the lockstep checker.
import { disassemble } from '../../../src-engine/isa/disassemble'
import type { CodeCache } from '../../../src-engine/jit/code-cache'
import { CORE_FUNCTIONS } from '../../../src-engine/jit/emitter'
import { type Body, moduleOf } from '../../../src-engine/jit/wasm-writer'

const MOST_BYTES = 64 << 20
const MEMORY_PAGES = { maximum: 65536 }
const HLT = 0xf4
/** A function of a module in Binaryen's text. */
const FUNCTION = /^ \(func [\s\S]*?^ \)$/m

interface Made {
  /** Host addresses of the blocks it is entered at. */
  readonly entries: readonly number[]
  readonly body: Body
}

/** Keeps the code of regions, the newest 64 MiB; to be given to a translator as `made`. */
export class GeneratedCode {
  cache: CodeCache | undefined
  private readonly regions: Made[] = []
  private bytes = 0

  readonly made = (firsts: readonly number[], body: Body): void => {
    const { cache } = this
    this.regions.push({ entries: cache ? firsts.map((first) => cache.hostOf(first)) : [], body })
    this.bytes += body.bytes.length
    while (this.bytes > MOST_BYTES) this.bytes -= this.regions.shift()?.body.bytes.length ?? 0
  }

  forget(): void {
    this.regions.length = 0
    this.bytes = 0
  }

  /** The newest regions that are entered in one of these host pages, as WebAssembly's text. */
  async text(pages: readonly number[], most = 4): Promise<string> {
    const { default: binaryen } = await import('assemblyscript/binaryen')
    const within = this.regions.filter(({ entries }) => entries.some((host) => pages.includes((host & ~0xfff) >>> 0)))
    const texts = within.slice(-most).map(({ entries, body }) => {
      const module = binaryen.readBinary(moduleOf(CORE_FUNCTIONS, MEMORY_PAGES, [body]))
      const text = FUNCTION.exec(module.emitText())?.[0] ?? ''
      module.dispose()
      return `region entered at host ${entries.map((host) => host.toString(16)).join(', ')}\n${text}`
    })
    return `${within.length} regions generated here, the newest ${texts.length}:\n${texts.join('\n')}`
  }
}

/** Guest code, an instruction a line, at most so many; runs of HLT, with which pages are filled, are left out. */
export function guestCode(bytes: Uint8Array, address: bigint, most: number, mode: 32 | 64 = 64): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length && lines.length < most; ) {
    const { length, mnemonic, operands } = disassemble(bytes, at, mode, address + BigInt(at))
    const raw = Buffer.from(bytes.subarray(at, at + length)).toString('hex')
    const filling = bytes[at] === HLT && bytes[at - 1] === HLT
    if (!filling) lines.push(`${(address + BigInt(at)).toString(16)}  ${raw.padEnd(22)} ${mnemonic} ${operands}`.trimEnd())
    at += length
  }
  return lines.join('\n')
}
