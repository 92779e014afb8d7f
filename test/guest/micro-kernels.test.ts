// The micro-kernels, under our engine and, where no hypercall is needed, under QEMU's TCG as a second opinion.
import { describe, expect, it } from 'vitest'
import {
  buildMicroKernel,
  buildNative,
  cannotBuild,
  cannotRunNative,
  cannotRunOurs,
  cannotRunQemu,
  type GuestRun,
  runInOurs,
  runInQemu,
  runNative,
} from '../support/micro-kernel'
import { LONG } from '../support/tier'
import { NOT_YET } from './not-yet'
import { TCG_DEPARTURES } from './tcg-departures'

interface Row {
  readonly name: string
  readonly what: string
  /** It needs no hypercall. */
  readonly qemu: boolean
  /** It needs no kernel: it can be built as a program of the host. */
  readonly native?: true
  readonly least: number
  readonly vcpus?: number
  /** Its command line in the long tier, where it does many times as much. */
  readonly long?: string
  /** Its command line in the ordinary tier, where it does less. */
  readonly short?: string
}
const KERNELS: readonly Row[] = [
  {
    ...{ name: 'cpu-loops', what: 'six loops give the checksums that the host gives', qemu: true, native: true, least: 6 },
    short: 'rounds=2',
  },
  {
    ...{
      name: 'cpu-programs',
      what: 'seven programs give the checksums that the host gives',
      qemu: true,
      native: true,
      least: 8,
    },
    short: 'rounds=2',
  },
  {
    name: 'cpu-floats',
    what: 'four programs in SSE2 give the checksums that the host gives',
    qemu: true,
    native: true,
    least: 4,
    short: 'rounds=2',
  },
  {
    name: 'cpu-x87',
    what: 'two programs in long doubles give the checksums that the host gives',
    qemu: true,
    native: true,
    least: 2,
    short: 'rounds=2',
  },
  {
    ...{
      name: 'cpu-spaces',
      what: 'a storm of page faults and four processes by turns give their checksums',
      qemu: true,
      least: 3,
    },
    short: 'rounds=2',
  },
  { name: 'code-again', what: 'code that is changed whenever it has been translated', qemu: true, least: 1 },
  { name: 'code-flood', what: 'hundreds of functions made at run time compute what C computes', qemu: true, least: 1 },
  { name: 'code-pages', what: 'functions in other pages than their callers change and are mapped anew', qemu: true, least: 6 },
  { name: 'code-tables', what: 'jumps through tables that change, to code that changes', qemu: true, least: 31 },
  { name: 'short-stays', what: 'loops round an instruction that is never translated', qemu: true, least: 5 },
  {
    name: 'code-tricks',
    what: 'odd jumps, aliases, unmapped code, traps at each instruction of hot code',
    qemu: true,
    least: 16,
  },
  {
    name: 'faults',
    what: 'instructions fault with the vectors, error codes and addresses of the manual',
    qemu: true,
    least: 80,
  },
  { name: 'fault-delivery', what: 'page faults, gates, debugging and the ways to user mode and back', qemu: true, least: 90 },
  { name: 'segments', what: 'selectors asked about, tables stored, far pointers and calls', qemu: true, least: 40 },
  { name: 'modes', what: 'modes of 32 bits: tables, rights, ways between modes', qemu: true, least: 70 },
  { name: 'paging', what: 'paging: tables, rights, stale translations, changing code', qemu: true, least: 70 },
  { name: 'hypercalls', what: 'hypercalls answer as Xen does, error codes too', qemu: false, least: 80 },
  { name: 'events', what: 'event channels are bound, sent, masked and delivered', qemu: false, least: 80 },
  { name: 'timers', what: 'clock, timers and run states', qemu: false, least: 35 },
  { name: 'latency', what: 'timers, events and interrupts arrive, none early', qemu: false, least: 10, vcpus: 2 },
  { name: 'self-interrupts', what: 'what a processor sends itself comes as soon as it can be taken', qemu: true, least: 13 },
  { name: 'grants', what: 'grant tables of version 1', qemu: false, least: 25 },
  {
    name: 'vcpus',
    what: 'two processors: start-up, locked operations, order, interrupts, changed tables and code',
    qemu: true,
    least: 40,
    vcpus: 2,
    long: 'scale=400 order=3400',
  },
  { name: 'litmus', what: 'four processors agree on one order of writes', qemu: true, least: 3, vcpus: 4, long: 'scale=340' },
]

/** Kernels that run once more with nearly all code translated. */
const EAGER: readonly string[] = [
  'cpu-loops',
  'cpu-programs',
  'cpu-floats',
  'cpu-x87',
  'cpu-spaces',
  'code-again',
  'code-pages',
  'code-tables',
  'short-stays',
  'code-tricks',
  'faults',
  'fault-delivery',
  'segments',
  'modes',
  'paging',
  'hypercalls',
  'events',
  'timers',
  'latency',
  'self-interrupts',
  'grants',
  'vcpus',
]

/** Those whose further runs are of the ordinary tier too; of the others only the first is. */
const AGAIN: readonly string[] = ['code-again', 'faults', 'paging', 'self-interrupts', 'vcpus']

/** What it is told in this tier. */
const ordinary = ({ short }: Row): { readonly commandLine?: string } =>
  LONG || short === undefined ? {} : { commandLine: short }

/** Failed checks that are not listed, and listed checks that do not fail any more: both should be empty. */
function surprises(run: GuestRun, listed: Readonly<Record<string, string>> = {}): { failed: string[]; passed: string[] } {
  const names = Object.keys(listed)
  const texts = (result: 'SUCCESS' | 'FAILURE'): string[] =>
    run.lines.filter((line) => line.result === result).map((line) => line.text)
  return {
    failed: texts('FAILURE').filter((text) => !names.some((name) => text.startsWith(`${name}: `))),
    passed: texts('SUCCESS').filter((text) => names.includes(text)),
  }
}

/** 10^7 places of memory order, of two processors and of four. */
describe('micro-kernels of several vcpus, many times', { tags: 'long' }, () => {
  for (const kernel of KERNELS) {
    if (kernel.long === undefined) continue
    for (const translator of ['on', 'off'] as const) {
      it(`${kernel.name}, ${kernel.long}, translator ${translator}`, async ({ skip }) => {
        const cannot = cannotBuild() ?? cannotRunOurs()
        if (cannot) return skip(cannot)
        const run = await runInOurs(buildMicroKernel(kernel.name), {
          vcpus: kernel.vcpus ?? 1,
          commandLine: kernel.long,
          timeoutSeconds: 3 * 3600,
          extra: ['--translator', translator],
        })
        expect(surprises(run, NOT_YET[kernel.name])).toEqual({ failed: [], passed: [] })
        expect(run.ended, run.output).toBe(true)
      }, 11_000_000)
    }
  }
})

describe('programs without a kernel give their checksums on the host', () => {
  for (const { name, native, least } of KERNELS) {
    if (!native) continue
    it(name, async ({ skip }) => {
      const cannot = cannotBuild() ?? cannotRunNative()
      if (cannot) return skip(cannot)
      const run = await runNative(buildNative(name))
      expect(surprises(run)).toEqual({ failed: [], passed: [] })
      expect(run.ended, run.output).toBe(true)
      expect(run.status).toBe(0)
      expect(run.output).toMatch(/TSC_KHZ [1-9]/)
      expect(run.lines.length).toBeGreaterThanOrEqual(least)
    })
  }
})

describe('micro-kernels', () => {
  for (const kernel of KERNELS) {
    it(`${kernel.name}: ${kernel.what}, under our engine`, async ({ skip }) => {
      const cannot = cannotBuild() ?? cannotRunOurs()
      if (cannot) return skip(cannot)
      const run = await runInOurs(buildMicroKernel(kernel.name), { vcpus: kernel.vcpus ?? 1, ...ordinary(kernel) })
      expect(surprises(run, NOT_YET[kernel.name])).toEqual({ failed: [], passed: [] })
      expect(run.ended, run.output).toBe(true)
      expect(run.status).toBe(0)
      expect(run.lines.filter((line) => line.result === 'SKIP')).toEqual([])
      expect(run.lines.length).toBeGreaterThanOrEqual(kernel.least)
    }, 120_000)

    if (!EAGER.includes(kernel.name)) continue
    const tags = AGAIN.includes(kernel.name) ? [] : ['long']
    it(`${kernel.name}: ${kernel.what}, nearly all code translated`, { tags, timeout: 120_000 }, async ({ skip }) => {
      const cannot = cannotBuild() ?? cannotRunOurs()
      if (cannot) return skip(cannot)
      const run = await runInOurs(buildMicroKernel(kernel.name), {
        vcpus: kernel.vcpus ?? 1,
        ...ordinary(kernel),
        environment: { RINGMASTER_TRANSLATOR: 'eager' },
      })
      expect(surprises(run, NOT_YET[kernel.name])).toEqual({ failed: [], passed: [] })
      expect(run.ended, run.output).toBe(true)
    })

    if (!kernel.qemu) continue
    it(`${kernel.name}: ${kernel.what}, under QEMU's TCG but for its listed departures`, { tags, timeout: 120_000 }, async ({
      skip,
    }) => {
      const cannot = cannotBuild() ?? cannotRunQemu()
      if (cannot) return skip(cannot)
      const run = await runInQemu(buildMicroKernel(kernel.name), { vcpus: kernel.vcpus ?? 1 })
      expect(run.ended, run.output).toBe(true)
      expect(surprises(run, TCG_DEPARTURES[kernel.name])).toEqual({ failed: [], passed: [] })
    })
  }
})
