// Random sequences of what users do to guests, through toolstack, driver and supervisor in plain Node: start, pause, resume, save,
// restore (also beside the origin), force off, cancelled saves and restores, killed processes. After every step the guest's
// lines are those of an uninterrupted run; at the end nothing is left: no process, descriptor, file, and no more memory used.
// Runs in: vitest, plain Node.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, it } from 'vitest'
import { DOMAIN0_UUID, type DomainState } from '../../src-main/public/types'
import { buildMicroKernel, cannotBuild } from './micro-kernel'
import { randomFrom } from './random'
import { delay, descriptors, filesBelow, good, Supervised } from './supervised'
import { WorkerLines } from './worker-guest'

export interface SequenceOptions {
  readonly guests: number
  readonly sequences: number
  readonly seed: number
  readonly timeoutMs: number
}

interface Figures {
  readonly heapMiB: number
  readonly residentMiB: number
  readonly descriptors: number
  readonly domain0MiB: number
  readonly domain0Descriptors: number
}

function residentMiB(pid: number | 'self'): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  return Number(kib) / 1024
}

const sum = (counts: Map<string, number>): number => [...counts.values()].reduce((total, one) => total + one, 0)

async function measure(machine: Supervised): Promise<Figures> {
  await delay(500)
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  for (let round = 0; round < 3; round++) if (typeof collect === 'function') collect()
  const domain0 = machine.pids('dom0')[0] ?? -1
  return {
    heapMiB: process.memoryUsage().heapUsed / 1048576,
    residentMiB: residentMiB('self'),
    descriptors: sum(descriptors('self')),
    domain0MiB: residentMiB(domain0),
    domain0Descriptors: sum(descriptors(domain0)),
  }
}

/** One guest and what is done to it; several lanes run at one time. */
class Lane {
  steps = 0
  private readonly lines = new WorkerLines()
  private lastLine = 0
  private uuid = ''
  private saved: string | undefined

  constructor(
    private readonly machine: Supervised,
    private readonly kernel: string,
    private readonly name: string,
    private readonly random: (below: number) => number,
    private readonly tell: (text: string) => void,
  ) {}

  async define(): Promise<void> {
    this.uuid = await this.machine.define(this.name, this.kernel, 'pulse=15')
  }

  /** A few steps that its state allows, then force off. */
  async sequence(): Promise<void> {
    for (let left = 3 + this.random(5); left > 0; left--) await this.step()
    const state = this.machine.state(this.uuid)
    if (state === 'running' || state === 'paused') await this.forceOff()
    if (this.saved !== undefined) rmSync(this.saved)
    this.saved = undefined
  }

  private async step(): Promise<void> {
    this.steps++
    const state = this.machine.state(this.uuid)
    const acts = this.acts(state)
    const [name, act] = acts[this.random(acts.length)] ?? ['nothing', async () => {}]
    this.tell(`${this.name} ${state}: ${name}`)
    const { domain0Ends, domain0Runs } = this.machine
    try {
      await act()
    } catch (thrown) {
      // What needs domain 0 may fail while there is none; what then must hold is that the guest is well.
      for (let left = 100; domain0Runs && left > 0 && this.machine.domain0Ends === domain0Ends; left--) await delay(20)
      if (!domain0Runs || this.machine.domain0Ends !== domain0Ends) return this.recover()
      throw new Error(`${this.name}, ${state}, ${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  }

  /** After the end of a domain 0 beneath a step: at rest, or running on with the new one. */
  private async recover(): Promise<void> {
    await this.becomes('shutoff', 'saved', 'crashed', 'running', 'paused')
    for (let left = 500; left > 0 && !this.machine.domain0Runs; left--) await delay(20)
    this.lastLine = 0
    if (this.machine.state(this.uuid) === 'running') await this.watch()
  }

  private acts(state: DomainState): [string, () => Promise<void>][] {
    const { domains, jobs } = this.machine.toolstack
    const { uuid } = this
    switch (state) {
      case 'shutoff':
      case 'crashed':
        return [
          ['start', () => this.start(false)],
          ...(this.saved === undefined
            ? []
            : ([
                ['restore', () => this.restore(this.saved ?? '')],
                ['cancel a restore', () => this.cancelRestore(this.saved ?? '')],
              ] as [string, () => Promise<void>][])),
        ]
      case 'saved':
        return [
          ['go on from the managed save', () => this.start(false, true)],
          ['start afresh', () => this.start(true)],
        ]
      case 'running':
        return [
          ['watch', async () => void (await this.watch())],
          ['suspend', () => this.pause()],
          ['save', () => this.save()],
          ['managed save', () => this.managedSave()],
          ['cancel a save', () => this.cancelSave()],
          ['kill', () => this.kill()],
          ['force off', () => this.forceOff()],
          ...(this.saved === undefined
            ? []
            : ([['restore beside it', () => this.sibling(this.saved ?? '')]] as [string, () => Promise<void>][])),
        ]
      case 'paused':
        return [
          [
            'resume',
            async () => {
              good(await domains.resume(uuid))
              await this.watch()
            },
          ],
          ['save', () => this.save()],
          ['managed save', () => this.managedSave()],
          ['cancel a save', () => this.cancelSave()],
          ['force off', () => this.forceOff()],
        ]
      default:
        throw new Error(`it is still ${state}, jobs: ${JSON.stringify(jobs.running())}`)
    }
  }

  private async start(fresh: boolean, goesOn = false): Promise<void> {
    good(await this.machine.toolstack.domains.create(this.uuid, fresh))
    if (!goesOn) this.lastLine = 0
    await this.watch()
  }

  /** Its lines so far and a few more are right, and it did not go back. */
  private async watch(uuid = this.uuid, from = this.lastLine): Promise<number> {
    const wanted = from + 2 + this.random(8)
    let seen = { wrong: undefined as string | undefined, first: 0, last: 0 }
    await this.machine.console(uuid, (text) => {
      seen = this.lines.check(text)
      return seen.wrong !== undefined || seen.last >= wanted
    })
    if (seen.wrong !== undefined) throw new Error(seen.wrong)
    if (uuid === this.uuid) this.lastLine = seen.last
    return seen.last
  }

  private async pause(): Promise<void> {
    good(await this.machine.toolstack.domains.suspend(this.uuid))
    // What it wrote before may be on its way for a while; one that goes on has a new line each 15 ms.
    let [before, now] = [-1, await this.shown()]
    for (let looks = 20; looks > 0 && before !== now; looks--) [before, now] = [now, await this.shown()]
    if (before !== now) throw new Error(`paused, but it went from line ${before} to ${now}`)
  }

  private async shown(): Promise<number> {
    await delay(200)
    let last = 0
    await this.machine.console(this.uuid, (text) => {
      last = this.lines.check(text).last
      return true
    })
    return last
  }

  private async save(): Promise<void> {
    const file = path.join(this.machine.folder, '..', `${this.name}.${this.steps}.saved`)
    await this.machine.save(this.uuid, file)
    if (this.machine.state(this.uuid) !== 'shutoff') throw new Error(`after its save it is ${this.machine.state(this.uuid)}`)
    if (this.saved !== undefined) rmSync(this.saved)
    this.saved = file
  }

  private async managedSave(): Promise<void> {
    const { toolstack } = this.machine
    good(await toolstack.jobs.wait(good(toolstack.domains.managedSave(this.uuid))))
    if (this.machine.state(this.uuid) !== 'saved') throw new Error(`after its save it is ${this.machine.state(this.uuid)}`)
  }

  private async cancelSave(): Promise<void> {
    const { toolstack } = this.machine
    const before = this.machine.state(this.uuid)
    const job = good(toolstack.domains.managedSave(this.uuid))
    await delay(this.random(60))
    toolstack.jobs.cancel(job)
    const done = await toolstack.jobs.wait(job)
    const after = this.machine.state(this.uuid)
    if (after !== (done.ok ? 'saved' : before)) throw new Error(`after ${done.ok ? 'a save too quick for it' : 'it'}: ${after}`)
    if (!done.ok && done.error.code !== 'OPERATION_ABORTED') good(done)
    if (after === 'running') await this.watch()
  }

  private async restore(file: string): Promise<void> {
    const uuid = await this.machine.restore(file)
    if (uuid !== this.uuid) throw new Error('a guest at rest was restored as another')
    this.lastLine = 0
    await this.watch()
  }

  private async cancelRestore(file: string): Promise<void> {
    const { toolstack } = this.machine
    const job = toolstack.domains.restore(file)
    await delay(this.random(400))
    toolstack.jobs.cancel(job)
    const done = await toolstack.jobs.wait(job)
    if (!done.ok && done.error.code !== 'OPERATION_ABORTED') good(done)
    if (done.ok) {
      this.lastLine = 0
      await this.watch()
    } else await this.becomes('shutoff')
  }

  private async sibling(file: string): Promise<void> {
    const { domains } = this.machine.toolstack
    const uuid = await this.machine.restore(file)
    if (uuid === this.uuid) throw new Error('a running guest was restored over itself')
    try {
      await this.watch(uuid, 0)
      await this.watch()
    } finally {
      good(await domains.destroy(uuid))
      const state = (): DomainState => this.machine.state(uuid)
      for (let left = 200; left > 0 && state() !== 'shutoff'; left--) await delay(20)
      good(await domains.undefine(uuid))
    }
  }

  private async forceOff(): Promise<void> {
    good(await this.machine.toolstack.domains.destroy(this.uuid))
    await this.becomes('shutoff', 'saved')
  }

  private async kill(): Promise<void> {
    const { log } = this.machine
    const pid = this.machine.pidOf(this.uuid)
    if (pid === undefined) throw new Error(`no process is known; ${log.slice(-3).join(' ')}`)
    process.kill(pid, 'SIGKILL')
    await this.becomes('crashed')
    if (!this.machine.info(this.uuid).detail.includes('SIGKILL')) throw new Error('the reason is not told')
  }

  private async becomes(...states: DomainState[]): Promise<void> {
    for (let left = 500; left > 0; left--) {
      if (states.includes(this.machine.state(this.uuid))) return
      await delay(20)
    }
    throw new Error(`it is ${this.machine.state(this.uuid)} and not ${states.join(' or ')}`)
  }
}

export function randomSequences({ guests, sequences, seed, timeoutMs }: SequenceOptions): void {
  const cannot = cannotBuild() ?? (process.platform === 'linux' ? undefined : 'what is left is looked for in /proc')
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-sequences-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  describe.skipIf(cannot)('random sequences over guests', () => {
    it(
      `${sequences} over ${guests} leave nothing behind`,
      async () => {
        const kernel = buildMicroKernel('worker')
        const own = mkdtempSync(path.join(folder, 'try-'))
        const temporary = path.join(own, 'tmp')
        mkdirSync(temporary)
        const before = { TMPDIR: process.env['TMPDIR'], descriptors: sum(descriptors('self')) }
        process.env['TMPDIR'] = temporary
        const told: string[] = []
        const machine = new Supervised(path.join(own, 'machine'))
        await machine.open()
        const random = randomFrom(seed)
        const lanes = Array.from(
          { length: guests },
          (_, at) => new Lane(machine, kernel, `guest ${at}`, randomFrom(seed * 100 + at), (text) => told.push(text)),
        )
        let killed0 = 0
        const figures: Figures[] = []
        /** Each lane this many sequences; now and then domain 0 is killed beneath them. */
        const round = async (each: number): Promise<void> => {
          let working = lanes.length
          const killer = async (): Promise<void> => {
            while (working > 0) {
              for (let waited = 0; waited < 20_000 + random(40_000) && working > 0; waited += 200) await delay(200)
              if (working > 0 && sequences > 20) {
                killed0++
                told.push('domain 0 is killed')
                process.kill(machine.pids('dom0')[0] ?? -1, 'SIGKILL')
              }
            }
          }
          await Promise.all([
            ...lanes.map(async (lane) => {
              for (let n = 0; n < each; n++) await lane.sequence()
              working--
            }),
            killer(),
          ])
          figures.push(await measure(machine))
          if (sequences >= 40) console.log(JSON.stringify(figures.at(-1)))
        }
        try {
          for (const lane of lanes) await lane.define()
          const rounds = sequences >= 40 ? 5 : 2
          const start = performance.now()
          for (let n = 0; n < rounds; n++) await round(Math.ceil(sequences / rounds / guests))
          const seconds = (performance.now() - start) / 1000
          const steps = lanes.reduce((total, lane) => total + lane.steps, 0)
          console.log(`${sequences} sequences, ${steps} steps, ${killed0} domain 0s killed, ${seconds.toFixed(0)} s`)
          console.table(figures)
          expect(machine.pids('domain')).toEqual([])
          expect(machine.pids('dom0')).toHaveLength(1)
        } catch (thrown) {
          console.log(told.slice(-60).join('\n'))
          console.log(machine.log.slice(-40).join('\n'))
          throw thrown
        } finally {
          await machine.close()
          process.env['TMPDIR'] = before.TMPDIR
          if (before.TMPDIR === undefined) delete process.env['TMPDIR']
        }
        await expect.poll(() => [...machine.pids('domain'), ...machine.pids('dom0')]).toEqual([])
        await expect.poll(() => sum(descriptors('self'))).toBeLessThanOrEqual(before.descriptors + 2)
        expect(filesBelow(temporary)).toEqual([])
        const files = filesBelow(own)
        const left = files.filter(
          (file) =>
            !/^machine\/(definitions\/[^/]*\.(xml|json)|revisions\/|trash\/|saved-files\.json|unfinished-copies\.json|domain0\/)/.test(
              file,
            ),
        )
        // What clones note while they are made.
        const book = path.join(own, 'machine/unfinished-copies.json')
        if (existsSync(book)) expect(JSON.parse(readFileSync(book, 'utf8'))).toMatchObject({ folders: [], making: [] })
        // Curves are kept of domain 0 and of what is defined, of nothing else.
        const defined = files.flatMap((file) => /^machine\/definitions\/([^/]*)\.xml$/.exec(file)?.[1] ?? [])
        const curves = ['host', 'domains', DOMAIN0_UUID, ...defined].map((uuid) => `machine/samples/${uuid}.json`)
        // A guest whose last step was a managed save keeps it.
        expect(left.filter((file) => !curves.includes(file) && !/^machine\/saved\/[^/]*\.save$/.test(file))).toEqual([])
        const [first, last] = [figures[0], figures.at(-1)]
        if (!first || !last) throw new Error('nothing was measured')
        expect(last.descriptors).toBeLessThanOrEqual(first.descriptors + 2)
        expect(last.domain0Descriptors).toBeLessThanOrEqual(first.domain0Descriptors + 2)
        expect(last.heapMiB).toBeLessThan(first.heapMiB + 6)
        expect(last.residentMiB).toBeLessThan(first.residentMiB + 60)
        expect(last.domain0MiB).toBeLessThan(first.domain0MiB + 40)
      },
      timeoutMs,
    )
  })
}
