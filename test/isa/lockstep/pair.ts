// The interpreter and the translator on the same start state: two machines run a case, then run it again, one of them with
// every block it has decoded translated. Registers, flags, memory, faults, the count of retired instructions and
// the marks in page tables must agree, wherever the case ends.
// Runs in: tests and the lockstep checker.
import { vcpuAddress } from '../../../src-engine/isa/state-layout'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { RegionWriter, WriterHere } from '../../../src-engine/jit/region-writer'
import { Trace } from '../../../src-engine/jit/trace'
import type { TranslatedCore } from '../../../src-engine/jit/translated-core'
import { TRANSLATOR_DEFAULTS, Translator } from '../../../src-engine/jit/translator'
import { type Answer, type Case, CODE } from '../fuzz/case'
import { compare } from '../fuzz/compare'
import { type Form, sequenceForms } from '../fuzz/forms'
import { Machine, newMemory } from '../fuzz/machine'
import { GeneratedCode, guestCode } from './disassembly'

const SEQUENCES = sequenceForms()
/** Instructions of a run() in programs: of ten together most have come to their end or to their loop. */
const PROGRAM_SLICE = 700
const MOST_LINES = 400

/** Blocks of a trace. */
const TRACED = 4096

export class Pair {
  private runs = 0
  /** What the translated machine does now. */
  private trace: Trace | undefined
  private readonly cache: CodeCache

  private constructor(
    private readonly interpreter: Machine,
    private readonly translated: Machine,
    readonly translator: Translator,
    private readonly generated: GeneratedCode,
    /** Each region in a module of its own. */
    private readonly apart: boolean,
  ) {
    this.cache = new CodeCache(translated.memory.buffer, 0)
    generated.cache = this.cache
  }

  /**
   * `vcpus`: of each machine, of which one runs. With several locked instructions are not plain ones. `given`: what translated code calls
   * instead of the core, so that a test can see a difference found.
   */
  static async create(
    core: string,
    options = TRANSLATOR_DEFAULTS,
    apart = false,
    vcpus = 1,
    given: (core: TranslatedCore) => TranslatedCore = (core) => core,
  ): Promise<Pair> {
    let pair: Pair | undefined
    const make = async (sample?: (block: number) => void): Promise<Machine> => {
      const machine = await Machine.create(core, newMemory(vcpus), 0, vcpus, sample)
      new DataView(machine.memory.buffer).setUint32(vcpuAddress(0, 'VCPUS'), vcpus, true)
      return machine
    }
    const translated = await make((block) => {
      if (pair?.trace?.add(block)) pair.trace = undefined
    })
    const generated = new GeneratedCode()
    const writer = new RegionWriter(translated.memory.buffer, 0, { made: generated.made })
    const translator = new Translator(translated.memory, 0, given(translated.core), new WriterHere(writer), options)
    pair = new Pair(await make(), translated, translator, generated, apart)
    return pair
  }

  /** Other bits of CR0 from now on, of both machines. */
  flipCr0(bits: number): void {
    for (const machine of [this.interpreter, this.translated]) {
      const view = new DataView(machine.memory.buffer)
      view.setUint32(vcpuAddress(0, 'CR0'), view.getUint32(vcpuAddress(0, 'CR0'), true) ^ bits, true)
    }
  }

  private retired(machine: Machine, field: 'RETIRED' | 'STAT_TRANSLATED' = 'RETIRED'): bigint {
    return new DataView(machine.memory.buffer).getBigUint64(vcpuAddress(0, field), true)
  }
  /** Share of instructions that one machine retired in translated code. */
  share(): number {
    return Number(this.retired(this.translated, 'STAT_TRANSLATED')) / Number(this.retired(this.translated))
  }
  private counted(machine: Machine, c: Case, slice: number): { answer: Answer; retired: bigint } {
    const before = this.retired(machine)
    const answer = machine.runDecoded(c, slice)
    return { answer, retired: this.retired(machine) - before }
  }

  /**
   * A program instead of an instruction; all flags count. Many loop for ever, so the number of instructions is the price. One time in
   * four each block has a region of its own, else regions are as large as they come, from the first block on; one time in three there are
   * also such of what was seen to run. `before`: the same code with the state it is decoded with, where it would change itself else and not
   * be translated any more.
   */
  runProgram(c: Case, before = c): string {
    const [form] = SEQUENCES
    return form ? this.run(form, c, PROGRAM_SLICE, this.runs % 4 !== 0, before) : ''
  }

  /** Differences as text, or ''. */
  run(form: Form, c: Case, slice = 10_000, sparing = false, before = c): string {
    const { interpreter, translated, translator, cache } = this
    this.generated.forget()
    interpreter.run(before, slice)
    const trace = this.runs % 3 === 1 ? new Trace(cache, TRACED) : undefined
    this.trace = trace
    if (trace) translated.core.set_sampling(1)
    translated.run(before, slice)
    translated.core.set_sampling(0)
    // in the order they were decoded, so that the case's own first block begins a region
    const blocks = [...translated.codePages(), translated.kernelPage()].flatMap((page) => cache.blocksOfPage(page).reverse())
    // in every second program each third block counts as one the interpreter was found at
    const warm = this.runs % 2 === 0 ? blocks.filter((_, i) => i % 3 === this.runs % 3) : []
    for (const together of this.apart ? blocks.map((block) => [block]) : [blocks]) {
      translator.translateBlocks(together, sparing, warm)
    }
    if (trace) translator.translateTraced(trace)
    if (this.runs++ % 4 === 0) {
      interpreter.forgetAccesses()
      translated.forgetAccesses()
    }
    const a = this.counted(interpreter, c, slice)
    const b = this.counted(translated, c, slice)
    // compare() expects the host's error codes, which show faults above user space as protection violations
    const { trap, cr2, error } = a.answer
    const shown = trap === 14 && cr2 >= 0x7fff_ffff_f000n ? error | 1 : error
    const text = compare(form, c, { ...a.answer, error: shown }, b.answer)
      .replaceAll('host', 'interpreter')
      .replaceAll('ours', 'translated')
    const counts = a.retired === b.retired ? '' : `retired ${a.retired} and ${b.retired}`
    const [x, y] = [interpreter.accesses(), translated.accesses()]
    const marks = x === y ? '' : `pages accessed and written ${x} and ${y}`
    const [p, q] = [interpreter.x87Pointers(), translated.x87Pointers()]
    const pointers = p === q ? '' : `x87 pointers interpreter ${p} translated ${q}`
    return [text, counts, marks, pointers, this.comparePages()].filter((part) => part !== '').join('; ')
  }

  /** The code of the case that was run last, as the guest has it and as it was translated. */
  async disassembly(c: Case): Promise<string> {
    const mode = c.bits === 64 ? 64 : 32
    const codes = [c.code, ...(c.remapped ? [c.remapped.code] : [])]
    const guest = codes.map((code) => guestCode(code, CODE + BigInt(c.offset), MOST_LINES, mode))
    return `guest:\n${guest.join('\nmapped in its place:\n')}\n${await this.generated.text(this.translated.codePages())}`
  }

  /** All memory, also where a case does not say what is there; alike afterwards. */
  private comparePages(): string {
    const [a, b] = [this.interpreter.pages(), this.translated.pages()]
    if (Buffer.compare(a, b) === 0) return ''
    const at = a.findIndex((byte, i) => byte !== b[i])
    const text = `memory at page ${at >> 12} + 0x${(at & 0xfff).toString(16)} interpreter ${a[at]} translated ${b[at]}`
    b.set(a)
    return text
  }
}
