// Six small loops, seven programs, six of floating point (two of them x87's) and two that need a kernel
// (test/guest/kernel/cpu-{loops,programs,floats,x87,spaces}.c), interpreted, translated, under QEMU and, all but the last two built
// from the same source for 32 bits, under v86, and built as programs of the host ("native"): milliseconds of the best round by the
// guest's own clock, of the first one too for what starts slowly, and millions of guest instructions a second, the instructions counted
// once by QEMU's -icount. Each program runs five rounds and for a quarter of a second: a short one would else end before it is translated
// as well as it is going to be.
// Runs in: plain Node.
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
import { fetchV86, runInV86 } from '../support/v86'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'

const LONG_ENOUGH = ['-DLEAST_MS=250']

interface LoopTime {
  /** Of its best round, in milliseconds. */
  readonly best: number
  readonly first: number
}

export async function benchCpu(options: BenchOptions): Promise<BenchReport> {
  const cannot = cannotBuild()
  if (cannot) throw new Error(cannot)
  const names = ['cpu-loops', 'cpu-programs', 'cpu-floats', 'cpu-x87']
  const kernels = [...names, 'cpu-spaces'].map((name) => buildMicroKernel(name, 64, LONG_ENOUGH))
  const kernels32 = names.map((name) => buildMicroKernel(name, 32, LONG_ENOUGH))
  const programsOfHost = names.map((name) => buildNative(name, LONG_ENOUGH))
  const v86 = fetchV86()
  const ours = (translator: 'on' | 'off') => (file: string) =>
    runInOurs(file, { timeoutSeconds: 300, extra: ['--translator', translator] })
  const machines = [
    { name: 'interpreter', kernels, cannot: cannotRunOurs(), run: ours('off'), runs: [] as Map<string, LoopTime>[] },
    { name: 'translator', kernels, cannot: cannotRunOurs(), run: ours('on'), runs: [] as Map<string, LoopTime>[] },
    {
      name: 'qemu tcg',
      kernels,
      cannot: cannotRunQemu(),
      run: (file: string) => runInQemu(file, { timeoutSeconds: 300 }),
      runs: [] as Map<string, LoopTime>[],
    },
    {
      name: 'v86',
      kernels: kernels32,
      cannot: v86.ok ? undefined : v86.error,
      run: (file: string) => runInV86(v86.ok ? v86.value : '', file, 300),
      runs: [] as Map<string, LoopTime>[],
    },
    { name: 'native', kernels: programsOfHost, cannot: cannotRunNative(), run: runNative, runs: [] as Map<string, LoopTime>[] },
  ]
  for (let run = 0; run < options.runs; run++) {
    for (const machine of machines) {
      if (machine.cannot) continue
      const times = new Map<string, LoopTime>()
      for (const kernel of machine.kernels) {
        for (const [name, time] of loopTimes(await machine.run(kernel), machine.name)) times.set(name, time)
      }
      machine.runs.push(times)
    }
  }
  const counts = new Map<string, number>()
  for (const kernel of cannotRunQemu() ? [] : kernels) {
    for (const [name, { best }] of loopTicks(await runInQemu(kernel, { extra: ['-icount', 'shift=0'], timeoutSeconds: 300 })))
      counts.set(name, best)
  }
  const programs = [...(machines.find((machine) => machine.runs.length > 0)?.runs[0]?.keys() ?? [])]
  const loops = programs.map((name) => {
    const [interpreter, translator, qemu, v86Ms, nativeMs] = machines.map((machine) =>
      machine.cannot ? undefined : median(machine.runs.map((times) => times.get(name)?.best ?? Number.NaN)),
    )
    const [, oursFirst, qemuFirst] = machines.map((machine) =>
      machine.cannot ? undefined : median(machine.runs.map((times) => times.get(name)?.first ?? Number.NaN)),
    )
    const instructions = counts.get(name)
    const mips = (ms: number | undefined): number | null => (ms && instructions ? instructions / ms / 1000 : null)
    return {
      name,
      instructions: instructions ?? null,
      interpreter,
      ours: translator,
      qemu,
      oursFirst,
      qemuFirst,
      // not all can be built for 32 bits, or without a kernel
      v86: v86Ms || null,
      native: nativeMs || null,
      interpreterMips: mips(interpreter),
      oursMips: mips(translator),
      qemuMips: mips(qemu),
      gain: interpreter && translator ? interpreter / translator : null,
      ratio: translator && qemu ? translator / qemu : null,
      firstRatio: oursFirst && qemuFirst ? oursFirst / qemuFirst : null,
      speedOfV86: translator && v86Ms ? v86Ms / translator : null,
      timesNative: translator && nativeMs ? translator / nativeMs : null,
    }
  })
  const geometricMean = (values: readonly number[]): number | null =>
    values.length > 0 ? Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length) : null
  const ratio = geometricMean(loops.flatMap((loop) => loop.ratio ?? []))
  const firstRatio = geometricMean(loops.flatMap((loop) => loop.firstRatio ?? []))
  const speedOfV86 = geometricMean(loops.flatMap((loop) => loop.speedOfV86 ?? []))
  const timesNative = geometricMean(loops.flatMap((loop) => loop.timesNative ?? []))
  const gain = geometricMean(loops.flatMap((loop) => loop.gain ?? []))
  const shown = (value: number | null | undefined, digits: number): string => (value == null ? '-' : value.toFixed(digits))
  const text = [
    `cpu loops and programs, best round and first round of each, median of ${options.runs} runs`,
    ...machines.filter((machine) => machine.cannot).map((machine) => `${machine.name}: ${machine.cannot}`),
    table([
      [
        'loop',
        'M instr',
        'interp ms',
        'MIPS',
        'ours ms',
        'MIPS',
        'qemu ms',
        'MIPS',
        'gain',
        'ours/qemu',
        'first ms',
        'qemu',
        'first/qemu',
        'v86 ms',
        'v86/ours',
        'native ms',
        'ours/native',
      ],
      ...loops.map((loop) => [
        loop.name,
        shown(loop.instructions === null ? null : loop.instructions / 1e6, 1),
        shown(loop.interpreter, 1),
        shown(loop.interpreterMips, 0),
        shown(loop.ours, 1),
        shown(loop.oursMips, 0),
        shown(loop.qemu, 1),
        shown(loop.qemuMips, 0),
        shown(loop.gain, 2),
        shown(loop.ratio, 2),
        shown(loop.oursFirst, 1),
        shown(loop.qemuFirst, 1),
        shown(loop.firstRatio, 2),
        shown(loop.v86, 1),
        shown(loop.speedOfV86, 2),
        shown(loop.native, 2),
        shown(loop.timesNative, 1),
      ]),
    ]),
    `geometric means: interpreter to translator ${shown(gain, 2)}, translator to QEMU ${shown(ratio, 2)} (time; below 1 is faster) and ${shown(firstRatio, 2)} in the first round, ${shown(speedOfV86, 2)} of v86's speed, ${shown(timesNative, 2)} times the native time`,
  ].join('\n')
  return { text, json: { bench: 'cpu', runs: options.runs, loops, gain, ratio, firstRatio, speedOfV86, timesNative } }
}

/** Of each loop, in ticks. */
function loopTicks(run: GuestRun): Map<string, LoopTime> {
  return new Map(
    [...run.output.matchAll(/LOOP (\w+) \w+ (\d+) \d+ (\d+)/g)].map(([, name = '', best, first]) => [
      name,
      { best: Number(best), first: Number(first) },
    ]),
  )
}

/** Of each loop; a wrong checksum is a failure of the machine, not a time. */
function loopTimes(run: GuestRun, machine: string): Map<string, LoopTime> {
  const wrong = run.lines.find((line) => line.result === 'FAILURE')
  if (wrong) throw new Error(`${machine} computes wrongly: ${wrong.text}`)
  if (!run.ended)
    throw new Error(`${machine} did not come to the end (status ${run.status}); it said:\n${run.output.slice(-2000)}`)
  const khz = Number(/TSC_KHZ (\d+)/.exec(run.output)?.[1] ?? 0)
  if (khz === 0) throw new Error(`${machine} does not tell its TSC frequency`)
  return new Map([...loopTicks(run)].map(([name, { best, first }]) => [name, { best: best / khz, first: first / khz }]))
}
