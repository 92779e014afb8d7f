// What share of a guest's instructions runs translated, and what kept the rest from it: where regions were left in the middle of a
// block, what they called the interpreter for, and where the interpreter's own time went. The guest runs in this thread without domain 0.
// Runs in: plain Node.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { CodeCache } from '../../src-engine/jit/code-cache'
import { WAYS } from '../../src-engine/jit/emitter'
import { NOTHING_MADE, type TranslatorStatistics } from '../../src-engine/jit/statistics'
import type { Witness } from '../../src-engine/jit/translated-core'
import { TRANSLATOR_DEFAULTS } from '../../src-engine/jit/translator'
import { UOPS } from '../../src-engine/jit/uop-table'
import { hostClock } from '../../src-engine/lib/monotonic'
import { debianGuest, ramdiskWith } from '../support/debian-guest'
import { buildMicroKernel } from '../support/micro-kernel'
import { SteppedGuest } from '../support/stepped-guest'
import { TranslatorThread } from '../support/translator-thread'
import type { BenchReport } from './main'
import { table } from './median'
import { ownThread } from './thread-time'
import { markOf, USERLAND, userlandInit } from './userland'

const TOP = 14
/** Of processor time, as all that is told. */
const LIMIT_MS = 240_000
/** A guest that waits for ever uses none. */
const WAITING_LIMIT_MS = 10 * LIMIT_MS
/** To ask for processor time is work of the thread that is measured. */
const LOOK_MS = 1000
const BITS = 3 // of a region's result, below the uop's address

class Counts implements Witness {
  readonly leftAt = new Map<string, number>()
  readonly calledFor = new Map<string, number>()
  readonly interpreted = new Map<string, number>()
  entered = 0

  constructor(private readonly cache: CodeCache) {}

  private name(ip: number): string {
    const kind = UOPS[this.cache.op(ip)]
    if (!kind) return `uop ${this.cache.op(ip)}`
    return `${kind.family}${kind.memory ? ' [m]' : ''}/${8 << kind.size}`
  }
  private add(to: Map<string, number>, what: string): void {
    to.set(what, (to.get(what) ?? 0) + 1)
  }

  left(result: number): void {
    this.entered++
    if (result < 0) this.add(this.leftAt, `(${WAYS[WAYS.length + result]})`)
    else if (result & 1) this.add(this.leftAt, '(another block of the page)')
    else this.add(this.leftAt, this.name(result & ~BITS))
  }
  called(ip: number): void {
    this.add(this.calledFor, this.name(ip))
  }
  sampled(first: number): void {
    const { cache } = this
    if (!cache.is64(first)) this.add(this.interpreted, '(32-bit code)')
    else this.add(this.interpreted, `block ends with ${this.name(cache.lastUop(first))}`)
  }
}

interface Subject {
  readonly name: string
  readonly kernel: string
  readonly ramdisk?: string
  readonly commandLine: string
  /** Marks on the console: count from the first to the last. */
  readonly from?: string
  readonly until: string
}

async function subjects(only: string | undefined): Promise<Subject[]> {
  const list: Subject[] = [{ name: 'cpu', kernel: buildMicroKernel('cpu-loops'), commandLine: '', until: 'END ' }]
  const guest = await debianGuest('cloud')
  if (guest.ok) {
    const { kernel } = guest.value
    const ramdisk = ramdiskWith(guest.value, [{ path: 'bench-init', content: Buffer.from(userlandInit()) }])
    const commandLine = 'console=hvc0 quiet rdinit=/bench-init'
    list.push({ name: 'boot', kernel, ramdisk, commandLine, until: `${markOf(USERLAND[0][0], 1)}-from` })
    for (const [name] of USERLAND) {
      const one = ramdiskWith(guest.value, [{ path: 'bench-init', content: Buffer.from(userlandInit([name])) }])
      list.push({ name, kernel, ramdisk: one, commandLine, from: `${markOf(name, 1)}-from`, until: `${markOf(name, 1)}-to` })
    }
  }
  return list.filter(({ name }) => only === undefined || only.split(',').includes(name))
}

interface Coverage {
  readonly name: string
  readonly millions: number
  readonly share: number
  /** Processor time of the vcpu's thread, and of V8's compilers beside it. */
  readonly seconds: number
  readonly compiling: number
  /** Regions since the start of the guest, and what they cost. */
  readonly made: TranslatorStatistics
  readonly entered: number
  readonly leftAt: readonly (readonly [string, number])[]
  readonly calledFor: readonly (readonly [string, number])[]
  readonly interpreted: readonly (readonly [string, number])[]
}

const top = (counts: ReadonlyMap<string, number>): [string, number][] => [...counts].sort((a, b) => b[1] - a[1]).slice(0, TOP)

async function cover(subject: Subject): Promise<Coverage> {
  const thread = new TranslatorThread()
  try {
    return await measured(subject, thread)
  } finally {
    await thread.end()
  }
}

async function measured(subject: Subject, thread: TranslatorThread): Promise<Coverage> {
  let counts: Counts | undefined
  // to compare times the witness is left out
  const witnessed = process.env['RINGMASTER_COVERAGE'] !== 'times'
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const guest = await SteppedGuest.make({
    core: path.join(root, 'src-engine/assembly/build/core.wasm'),
    kernel: readFileSync(subject.kernel),
    ...(subject.ramdisk ? { ramdisk: readFileSync(subject.ramdisk) } : {}),
    commandLine: subject.commandLine,
    memoryMiB: 256,
    clock: hostClock,
    alone: true,
    // by processor time a busy machine makes no stand-still longer
    translator: { ...TRANSLATOR_DEFAULTS, clock: ownThread },
    writer: (memory) => thread.writerFor(memory, witnessed),
    ...(witnessed && {
      witness: (cache: CodeCache) => {
        counts = new Counts(cache)
        return counts
      },
    }),
  })
  const { registers } = guest
  const now = (): { retired: number; translated: number; own: number; all: number } => ({
    retired: registers.retired(),
    translated: Number(registers.get64('STAT_TRANSLATED')),
    // processor time: a busy machine does not change it much
    own: ownThread() / 1000,
    all: process.cpuUsage().user / 1e6,
  })
  const reach = (mark: string): void => {
    const [used, since] = [ownThread(), performance.now()]
    let look = since + LOOK_MS
    while (!guest.text.includes(mark) && !guest.stopped) {
      guest.step()
      const at = performance.now()
      if (at < look) continue
      look = at + LOOK_MS
      if (ownThread() - used > LIMIT_MS || at - since > WAITING_LIMIT_MS)
        throw new Error(`${subject.name}: no "${mark}" in time; it said:\n${guest.text.slice(-800)}`)
    }
  }
  if (subject.from) reach(subject.from)
  for (const map of [counts?.leftAt, counts?.calledFor, counts?.interpreted]) map?.clear()
  if (counts) counts.entered = 0
  const before = now()
  reach(subject.until)
  const after = now()
  const instructions = after.retired - before.retired
  return {
    name: subject.name,
    millions: instructions / 1e6,
    share: (after.translated - before.translated) / instructions,
    seconds: after.own - before.own,
    compiling: after.all - before.all - (after.own - before.own),
    entered: counts?.entered ?? 0,
    made: { ...(guest.translator?.statistics ?? NOTHING_MADE) },
    leftAt: top(counts?.leftAt ?? new Map()),
    calledFor: top(counts?.calledFor ?? new Map()),
    interpreted: top(counts?.interpreted ?? new Map()),
  }
}

/** Microseconds a translated block, on the thread beside: writing regions; V8's part, which looks at modules and compiles what it must. */
const perBlock = ({ blocks, writing, compiling }: TranslatorStatistics): readonly string[] =>
  [writing, compiling].map((ms) => (blocks > 0 ? ((ms * 1000) / blocks).toFixed(1) : '-'))

export async function benchCoverage({ only }: { readonly only?: string | undefined }): Promise<BenchReport> {
  const rows: Coverage[] = []
  for (const subject of await subjects(only)) rows.push(await cover(subject))
  const list = (title: string, entries: readonly (readonly [string, number])[], of: number): string =>
    [
      `  ${title}`,
      ...entries.map(
        ([what, count]) => `    ${((count / of) * 100).toFixed(1).padStart(6)} %  ${String(count).padStart(10)}  ${what}`,
      ),
    ].join('\n')
  const text = [
    table([
      [
        '',
        'M instr',
        'translated',
        'instr a region run',
        'processor s',
        'and beside it',
        'regions',
        'of traces',
        'entries',
        'blocks',
        'choosing, joining: ms',
        'longest',
        'beside it, µs a block: writing',
        'V8',
        'MB alive',
      ],
      ...rows.map(({ name, millions, share, entered, seconds, compiling, made }) => [
        name,
        millions.toFixed(0),
        `${(share * 100).toFixed(1)} %`,
        entered > 0 ? ((millions * 1e6 * share) / entered).toFixed(0) : '-',
        seconds.toFixed(2),
        compiling.toFixed(2),
        String(made.regions),
        String(made.traced),
        String(made.entries),
        String(made.blocks),
        made.milliseconds.toFixed(0),
        made.longest.toFixed(1),
        ...perBlock(made),
        (made.most / 1e6).toFixed(1),
      ]),
    ]),
    ...rows.map(({ name, millions, entered, leftAt, calledFor, interpreted }) =>
      [
        `${name}:`,
        list('regions left at (share of times entered)', leftAt, entered),
        list('calls of the interpreter in regions (share of all instructions)', calledFor, millions * 1e6),
        list(
          'samples of the interpreter',
          interpreted,
          interpreted.reduce((sum, [, count]) => sum + count, 0),
        ),
      ].join('\n'),
    ),
  ].join('\n')
  return { text, json: { bench: 'coverage', rows } }
}
