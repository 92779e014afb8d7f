// A Debian system on a disk image, made on this machine with its own package manager: resources/debian/make-debian-image.sh
// does the work, this file runs it, tells how far it is, and gives each new machine a copy of the image.
// What was made is kept: the second machine needs no network and starts within seconds.
// Invariant: in the kept folder an image stands under its name only when it is whole; a cancelled run leaves nothing.
// Runs in: main, plain Node; starts the script and cp.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { err, ok } from '../../src-engine/public/result'
import { unfinishedCopyName } from '../../src-engine/public/unfinished-copy'
import type { Outcome } from '../driver/driver'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DebianMaker, DebianSystem, DemoProgress } from './demo-maker'
import { LARGE_REQUESTS_WORD } from './disk-words'
import { InstallProgress } from './install-progress'

/** The script's own steps, in their order; it prints `step NAME`. */
const STEPS = {
  packages: 'installing-packages',
  ramdisk: 'building-ramdisk',
  image: 'building-image',
  finish: 'building-image',
  done: 'building-image',
} as const
type ScriptStep = keyof typeof STEPS

const PROGRAMS = ['mmdebstrap', 'mke2fs', 'unshare', 'cp', 'sh'] as const
const FILES = ['debian.img', 'vmlinuz', 'initrd.img'] as const

export interface DebianSystemParts {
  /** make-debian-image.sh. */
  readonly script: string
  /** Where what was made is kept. */
  readonly folder: string
  /** How long a cancelled script may take to clean up. */
  readonly patienceMs?: number
}

/** tty0 is the screen, the last console is the one programs of process 1 write to. */
const COMMAND_LINE = `root=/dev/xvda ro console=tty0 console=hvc0 cryptomgr.notests ${LARGE_REQUESTS_WORD}`
const MEMORY_MIB = 512
/** mmdebstrap removes a tree of some hundred MiB. */
const PATIENCE_MS = 60_000

export class DebianSystemMaker implements DebianMaker {
  private readonly parts: DebianSystemParts

  constructor(parts: DebianSystemParts) {
    this.parts = parts
  }

  /** Looks only; whether packages can be had is seen when they are fetched. */
  async available(): Outcome {
    if (process.platform !== 'linux') return err(unavailable('that needs a Debian-like Linux'))
    for (const program of PROGRAMS) {
      if (!(await onPath(program))) return err(unavailable(`${program} was not found; install mmdebstrap and e2fsprogs`))
    }
    return ok(null)
  }

  async make(image: string, progress: DemoProgress): Outcome<DebianSystem> {
    try {
      if (!(await this.kept())) {
        const able = await this.available()
        if (!able.ok) return able
        const made = await this.run(progress)
        if (!made.ok) return made
      }
      progress.step('copying-image')
      const copied = await this.copy(image, progress.signal)
      if (!copied.ok) return copied
      const [, kernel, ramdisk] = this.paths()
      return ok({ kernel, ramdisk, image, cmdline: COMMAND_LINE, memoryMiB: MEMORY_MIB })
    } catch (error) {
      if (progress.signal.aborted) return err(errorReport('cancelled'))
      return err(unavailable(error instanceof Error ? error.message : String(error)))
    }
  }

  private paths(): [string, string, string] {
    const [image, kernel, ramdisk] = FILES
    const at = (name: string): string => path.join(this.parts.folder, name)
    return [at(image), at(kernel), at(ramdisk)]
  }

  private async kept(): Promise<boolean> {
    const found = await Promise.all(this.paths().map((file) => stat(file).catch(() => undefined)))
    return found.every((one) => one?.isFile())
  }

  private async run(progress: DemoProgress): Outcome {
    await mkdir(this.parts.folder, { recursive: true })
    let script = 0
    const packages = new InstallProgress()
    let isInstalling = false
    const cancelled = (): void => progress.step('removing-half')
    progress.signal.addEventListener('abort', cancelled, { once: true })
    const ended = await command('sh', [this.parts.script, this.parts.folder], progress.signal, {
      patienceMs: this.parts.patienceMs,
      started: (pid) => {
        script = pid
      },
      line: (line) => {
        const fraction = packages.line(line)
        if (fraction !== undefined && isInstalling) progress.report(fraction)
        const step = /^step (\w+)$/.exec(line)?.[1]
        if (!isScriptStep(step)) return
        isInstalling = step === 'packages'
        if (!progress.signal.aborted) progress.step(STEPS[step])
      },
    })
    progress.signal.removeEventListener('abort', cancelled)
    if (ended !== undefined) await this.removeWork(script)
    progress.signal.throwIfAborted()
    return ended === undefined ? ok(null) : err(unavailable(ended))
  }

  /** The script removes its folder, unless it was killed. */
  private async removeWork(script: number): Promise<void> {
    const names = await readdir(this.parts.folder)
    const left = names.filter((name) => name.startsWith(`making.${script}.`))
    await Promise.all(left.map((name) => rm(path.join(this.parts.folder, name), { recursive: true, force: true })))
  }

  /** Beside the target first, so that a half copy never looks like an image, and is known as one after the app was killed. Holes stay holes. */
  private async copy(image: string, signal: AbortSignal): Outcome {
    if (await stat(image).catch(() => undefined)) return err(errorReport('file-exists', { path: image }))
    await mkdir(path.dirname(image), { recursive: true })
    const half = path.join(path.dirname(image), unfinishedCopyName(process.pid, randomUUID()))
    try {
      const ended = await command('cp', ['--sparse=always', '--reflink=auto', this.paths()[0], half], signal)
      signal.throwIfAborted()
      if (ended !== undefined) return err(unavailable(ended))
      await rename(half, image)
      return ok(null)
    } finally {
      await rm(half, { force: true })
    }
  }
}

function isScriptStep(name: string | undefined): name is ScriptStep {
  return name !== undefined && Object.hasOwn(STEPS, name)
}

function unavailable(detail: string): ErrorReport {
  return errorReport('debian-unavailable', { detail: detail.replace(/\.$/, '') })
}

async function onPath(program: string): Promise<boolean> {
  // mke2fs lives where only root's path leads.
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean), '/usr/sbin', '/sbin']
  const found = await Promise.all(
    folders.map((folder) =>
      access(path.join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}

interface CommandOptions {
  started?(pid: number): void
  /** Of both outputs, as they come. */
  line?(text: string): void
  /** From a cancel to the kill. */
  readonly patienceMs?: number | undefined
}

/**
 * Runs a program in a process group of its own, so that a cancel reaches what it has started too. Resolves to undefined when it
 * ended with 0, else to its last words.
 */
function command(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  options: CommandOptions = {},
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }
    const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env })
    if (child.pid !== undefined) options.started?.(child.pid)
    const signalAll = (name: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name)
      } catch {
        // It has just ended.
      }
    }
    let killTimer: NodeJS.Timeout | undefined
    const stop = (): void => {
      signalAll('SIGTERM')
      // A shell that was just about to start a program may have lost the signal for it.
      killTimer = setTimeout(() => signalAll('SIGKILL'), options.patienceMs ?? PATIENCE_MS)
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
    let errors = ''
    for (const output of [child.stdout, child.stderr]) {
      let rest = ''
      output.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = (lines.pop() ?? '').slice(-4096)
        for (const one of lines) options.line?.(one)
      })
    }
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4096)
    })
    child.on('error', reject)
    // What it left behind, as it was just about to start it, holds its outputs open.
    child.on('exit', () => {
      if (signal.aborted) signalAll('SIGKILL')
    })
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop)
      clearTimeout(killTimer)
      if (code === 0) resolve(undefined)
      else resolve(lastWords(errors) ?? `${program} ended with status ${code}`)
    })
  })
}

/** The line that says most: an error of apt or of mmdebstrap before its last line, which only says that it failed. */
function lastWords(text: string): string | undefined {
  const lines = text.split('\n').filter((one) => one.trim() !== '')
  return (lines.find((one) => /^E: /.test(one)) ?? lines.at(-1))?.replace(/^E: /, '').trim()
}
