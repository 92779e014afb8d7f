// `qemu-img check` over thousands of states of an image: some at a time, each begun by a shell that stays, as starting a process from
// Node takes several times as long as the check itself. Runs in: vitest, plain Node with qemu-utils and a POSIX shell.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import fs from 'node:fs'
import type { Readable, Writable } from 'node:stream'

const LOOP = 'while read -r file; do qemu-img check -f qcow2 "$file" 2>&1; echo "status $?"; done'

export class QemuCheckers {
  private readonly idle: Checker[]
  private readonly all: readonly Checker[]
  private readonly busy = new Set<Promise<void>>()
  private failed: Error | undefined

  /** `files`: one for each check at a time; they lie beside what the image refers to. */
  constructor(files: readonly string[]) {
    this.all = files.map((file) => new Checker(file))
    this.idle = [...this.all]
  }

  /** Hands a state over, once a checker has time. Throws what was found about an earlier one. */
  async check(label: string, disk: Uint8Array): Promise<void> {
    while (this.idle.length === 0) await Promise.race(this.busy)
    if (this.failed) throw this.failed
    const checker = this.idle.pop()
    if (!checker) return
    const done = checker.check(disk).then((found) => {
      if (found !== 'clean' && found !== 'leaks') this.failed ??= new Error(`${label}: ${found}`)
      this.idle.push(checker)
      this.busy.delete(done)
    })
    this.busy.add(done)
  }

  /** Waits for what is under way. */
  async end(): Promise<void> {
    await Promise.all(this.busy)
    if (this.failed) throw this.failed
  }

  dispose(): void {
    for (const checker of this.all) checker.dispose()
  }
}

class Checker {
  private readonly file: string
  private readonly descriptor: number
  private readonly shell: ChildProcessByStdio<Writable, Readable, null>
  private said = ''
  private answer: (found: string) => void = () => {}

  constructor(file: string) {
    this.file = file
    this.descriptor = fs.openSync(file, 'w')
    this.shell = spawn('sh', ['-c', LOOP], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.shell.stdout.setEncoding('utf8').on('data', (text: string) => this.hear(text))
    this.shell.once('close', () => this.answer(`the shell has ended: ${this.said}`))
  }

  /** 'clean', 'leaks', or what qemu-img says about errors. The bytes are taken at once. */
  check(disk: Uint8Array): Promise<string> {
    fs.ftruncateSync(this.descriptor, disk.length)
    for (let at = 0; at < disk.length; ) at += fs.writeSync(this.descriptor, disk, at, disk.length - at, at)
    return new Promise((resolve) => {
      this.answer = resolve
      this.shell.stdin.write(`${this.file}\n`)
    })
  }

  private hear(text: string): void {
    this.said += text
    const status = /^status (\d+)\n$/m.exec(this.said)?.[1]
    if (status === undefined) return
    const said = this.said
    this.said = ''
    this.answer(status === '0' ? 'clean' : status === '3' ? 'leaks' : said)
  }

  dispose(): void {
    this.shell.stdin.end()
    fs.closeSync(this.descriptor)
  }
}
