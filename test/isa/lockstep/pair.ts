// The interpreter and the translator on the same start state: two machines run a case, then run it again, one of them with
// every block it has decoded translated. Registers, flags, memory, faults and the count of retired instructions must agree.
// Runs in: tests and the lockstep checker.
import { vcpuAddress } from '../../../src-engine/isa/state-layout'
import { CodeCache } from '../../../src-engine/jit/code-cache'
import { TRANSLATOR_DEFAULTS, Translator } from '../../../src-engine/jit/translator'
import type { Answer, Case } from '../fuzz/case'
import { compare } from '../fuzz/compare'
import { type Form, sequenceForms } from '../fuzz/forms'
import { Machine } from '../fuzz/machine'

const SEQUENCES = sequenceForms()

export class Pair {
  private runs = 0

  private constructor(
    private readonly interpreter: Machine,
    private readonly translated: Machine,
    readonly translator: Translator,
  ) {}

  static async create(core: string, options = TRANSLATOR_DEFAULTS): Promise<Pair> {
    const translated = await Machine.create(core)
    return new Pair(await Machine.create(core), translated, new Translator(translated.memory, 0, translated.core, options))
  }

  private retired(machine: Machine, field: 'RETIRED' | 'STAT_TRANSLATED' = 'RETIRED'): bigint {
    return new DataView(machine.memory.buffer).getBigUint64(vcpuAddress(0, field), true)
  }
  /** Share of instructions that one machine retired in translated code. */
  share(): number {
    return Number(this.retired(this.translated, 'STAT_TRANSLATED')) / Number(this.retired(this.translated))
  }
  private counted(machine: Machine, c: Case): { answer: Answer; retired: bigint } {
    const before = this.retired(machine)
    const answer = machine.runDecoded(c)
    return { answer, retired: this.retired(machine) - before }
  }

  /** A program instead of an instruction; all flags count. */
  runProgram(c: Case): string {
    const [form] = SEQUENCES
    return form ? this.run(form, c) : ''
  }

  /** Differences as text, or ''. */
  run(form: Form, c: Case): string {
    const { interpreter, translated, translator } = this
    interpreter.run(c)
    translated.run(c)
    const cache = new CodeCache(translated.memory.buffer, 0)
    for (const page of translated.codePages()) {
      for (const first of cache.blocksOfPage(page)) translator.translateBlock(first)
    }
    if (this.runs++ % 4 === 0) {
      interpreter.core.flush_tlb()
      translated.core.flush_tlb()
    }
    const a = this.counted(interpreter, c)
    const b = this.counted(translated, c)
    // compare() expects the host's error codes, which show faults above user space as protection violations
    const { trap, cr2, error } = a.answer
    const shown = trap === 14 && cr2 >= 0x7fff_ffff_f000n ? error | 1 : error
    const text = compare(form, c, { ...a.answer, error: shown }, b.answer)
      .replaceAll('host', 'interpreter')
      .replaceAll('ours', 'translated')
    const counts = a.retired === b.retired ? '' : `retired ${a.retired} and ${b.retired}`
    return [text, counts].filter((part) => part !== '').join('; ')
  }
}
