// A guest, its domain 0 or main killed by SIGKILL at a random moment while an unmodified kernel writes to a qcow2 image. After each
// death qemu-img finds the image without an error, all that the guest was told is written is there, and nothing that nobody wrote.
// The guest is booted once and saved while it writes; each kill begins with a copy of its disk and a restore.
// Runs in: vitest, on the bundles in out/main.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { alive } from '../support/alive'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { missingProgram } from '../support/programs'
import { randomFrom } from '../support/random'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { children } from '../support/supervised'
import { count } from '../support/tier'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-kills-'))
const started: ChildProcess[] = []
afterAll(() => {
  for (const child of started) child.kill('SIGKILL')
  fs.rmSync(folder, { recursive: true, force: true })
})

const BLOCK = 4096
/** The first half is written block by block, each told when it is on the disk; the second all the time by another process. */
const HALF = 8192
const placeOf = (number: number): number => (number * 61) % HALF
const pad = Buffer.alloc(BLOCK, 'ringmaster ')
const noise = Buffer.alloc(16 * BLOCK)
for (let at = 0, random = randomFrom(5); at < noise.length; at++) noise[at] = random(256)

const WRITER =
  `while :; do i=$((i+1)); { echo "block $i"; cat /pad; } | head -c ${BLOCK} >/block; ` +
  `dd if=/block of=/dev/xvda bs=${BLOCK} seek=$((i*61%${HALF})) conv=notrunc,fsync 2>/dev/null && echo "wrote $i"; done`
const NOISE =
  'while :; do j=$(((j+1)%500)); dd if=/noise of=/dev/xvda bs=64k ' +
  `seek=$((${HALF / 16}+j)) conv=notrunc 2>/dev/null; [ $((j%50)) = 0 ] && sync; done &`

/** Boots the guest, has it write, and saves it. A reason why not, or the files to go on from. */
async function prepare(): Promise<string | { save: string; disk: string; program: string }> {
  if (missingProgram('qemu-img')) return 'qemu-img is not installed'
  const debian = await debianGuest('cloud')
  if (!debian.ok) return debian.error
  const modules = await kernelModules(debian.value, ['xen-blkfront'])
  if (!modules.ok) return modules.error
  const files = [...modules.value, { path: 'pad', content: pad }, { path: 'noise', content: noise }]
  const { kernel, commandLine } = debian.value
  const disk = path.join(folder, 'base.qcow2')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', disk, String(2 * HALF * BLOCK)])
  const save = path.join(folder, 'guest.save')
  const machine = new TestMachine()
  try {
    const guest = new RunningGuest(machine)
    const ramdisk = ramdiskWith(debian.value, files)
    await guest.boot({ kernel, ramdisk, commandLine: `${commandLine} quiet`, memoryMiB: 96 }, 1, [
      { kind: 'vbd', dev: 'xvda', path: disk, format: 'qcow2', readonly: false, removable: false },
    ])
    await guest.expect(new RegExp(DEMO_PROMPT.replace(/[~#$]/g, '\\$&')), 120)
    await guest.run(`${insmods(modules.value)}; sleep 1`)
    guest.type(`i=0; j=0; ${NOISE} ${WRITER}\n`)
    await guest.expect(/wrote 3\r/)
    expect(await guest.domain.call('save', { path: save })).toMatchObject({ ok: true })
    guest.dispose()
    await machine.dom0.call('release', { handle: guest.handle })
  } finally {
    await machine.dispose()
  }
  const program = path.join(folder, 'main.cjs')
  const bundle = await rolldown({
    input: path.join(__dirname, '../support/writing-machine.ts'),
    platform: 'node',
    logLevel: 'warn',
    transform: { define: { __dirname: JSON.stringify(path.join(__dirname, '../support')) } },
  })
  await bundle.write({ file: program, format: 'cjs' })
  await bundle.close()
  return { save, disk, program }
}

/** The program around the guest, its console, and its end. */
class Main {
  told = ''
  private readonly child: ChildProcess
  readonly ended: Promise<unknown>

  constructor(program: string, save: string, image: string) {
    // What it leaves when it is killed goes with the test's own folder.
    const env = { ...process.env, TMPDIR: folder }
    this.child = spawn(process.execPath, [program, save, image], { stdio: ['pipe', 'pipe', 'inherit'], env })
    started.push(this.child)
    this.child.stdout?.on('data', (bytes: Buffer) => {
      this.told += bytes.toString('latin1')
    })
    // With the pipe's end: all that it told is here.
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
  }

  get pid(): number {
    return this.child.pid ?? -1
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`)
  }

  /** Numbers of the blocks the guest was told are written. */
  get written(): number[] {
    return [...this.told.matchAll(/wrote (\d+)\r/g)].map(([, number]) => Number(number))
  }

  async until(what: (main: Main) => boolean): Promise<void> {
    await expect.poll(() => this.told.includes('FAILED') || what(this), { timeout: 240_000, interval: 10 }).toBe(true)
    if (this.told.includes('FAILED')) throw new Error(this.told)
  }

  async end(): Promise<void> {
    const pids = [...children(this.pid, 'dom0'), ...children(this.pid, 'domain')]
    this.child.kill('SIGKILL')
    await this.ended
    await gone(...pids)
  }
}

const gone = (...pids: readonly number[]) => expect.poll(() => pids.filter(alive), { interval: 5 }).toEqual([])

/** Throws when qemu-img finds an error, or leaked clusters where none may be; compares with what the guest was told. */
function judge(image: string, written: readonly number[], leaks: boolean): void {
  try {
    execFileSync('qemu-img', ['check', '-q', '-U', '-f', 'qcow2', image], { stdio: 'pipe' })
  } catch (error) {
    expect(error).toMatchObject({ status: leaks ? 3 : 0 })
  }
  const raw = path.join(folder, 'raw')
  execFileSync('qemu-img', ['convert', '-U', '-f', 'qcow2', '-O', 'raw', image, raw])
  const bytes = fs.readFileSync(raw)
  const zero = Buffer.alloc(BLOCK)
  const told = new Map(written.map((number) => [placeOf(number), number]))
  for (let place = 0; place < HALF; place++) {
    const block = bytes.subarray(place * BLOCK, (place + 1) * BLOCK)
    const holds = Number(/^block (\d+)\n/.exec(block.toString('latin1', 0, 20))?.[1] ?? 0)
    const whole = block.equals(holds === 0 ? zero : Buffer.concat([Buffer.from(`block ${holds}\n`), pad]).subarray(0, BLOCK))
    const number = told.get(place) ?? holds
    if (whole && holds === number && (holds === 0 || placeOf(holds) === place)) continue
    throw new Error(`block ${number} at ${place} holds ${JSON.stringify(block.toString('latin1', 0, 40))}`)
  }
  for (let block = HALF; block < 2 * HALF; block++) {
    const is = bytes.subarray(block * BLOCK, (block + 1) * BLOCK)
    const from = (block % 16) * BLOCK
    if (!is.equals(zero) && !is.equals(noise.subarray(from, from + BLOCK)))
      throw new Error(`nobody wrote what is in block ${block}`)
  }
}

const VICTIMS = ['domain', 'dom0', 'main'] as const

describe('a process killed while a guest writes', () => {
  it('leaves a sound image with everything that was acknowledged', async ({ skip }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    const random = randomFrom(31)
    const kills = count(2, 201)
    for (let kill = 0; kill < kills; kill++) {
      const victim = VICTIMS[kill % 3] ?? 'main'
      const image = path.join(folder, 'disk.qcow2')
      fs.copyFileSync(ready.disk, image)
      const main = new Main(ready.program, ready.save, image)
      await main.until(({ written }) => written.length > 1)
      await new Promise((resolve) => setTimeout(resolve, random(1500)))
      if (victim === 'main') await main.end()
      else {
        const [pid] = children(main.pid, victim)
        if (pid === undefined) throw new Error(`no ${victim}: ${main.told}`)
        process.kill(pid, 'SIGKILL')
        await gone(pid)
        if (victim === 'dom0') {
          judge(image, main.written, true)
          const had = main.written.length
          main.say('replace')
          await main.until(({ told }) => told.includes('DID replace'))
          await main.until(({ written }) => written.length > had + 5)
          await main.end()
        } else {
          main.say('release')
          await main.until(({ told }) => told.includes('DID release'))
        }
      }
      judge(image, main.written, victim !== 'domain')
      await main.end()
    }
    console.log(`${kills} kills`)
  }, 5_400_000)
})
