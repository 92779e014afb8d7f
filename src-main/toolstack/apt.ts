// Fetches Debian packages through the system's package manager without changing the system: apt works in a private
// state folder of ours, reading only the system's list of sources and its keys, so an ordinary user may do it too.
// Invariant: nothing is written outside of the folder given. The caller removes the folder.
// Runs in: main, plain Node; starts apt-get, apt-cache and dpkg-deb.

import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { err, ok, type Result } from '../../src-engine/public/result'
import { readTarMembers } from './tar-member'

const PROGRAMS = ['apt-get', 'apt-cache', 'dpkg-deb'] as const
/** Kernels for our guests are amd64 ones as a rule, whatever the host is. */
const ARCHITECTURE = 'amd64'

/** The first of apt's programs that is not there; undefined when all are. */
export async function missingAptProgram(): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean)
  for (const program of PROGRAMS) {
    const found = await Promise.all(
      folders.map((folder) =>
        access(path.join(folder, program), constants.X_OK).then(
          () => true,
          () => false,
        ),
      ),
    )
    if (!found.includes(true)) return program
  }
  return undefined
}

/** A private apt in `folder`. Errors are one line of what apt said; an abort rejects, as fetch does. */
export class PrivateApt {
  private readonly folder: string
  private readonly signal: AbortSignal
  private readonly architecture: string

  constructor(folder: string, signal: AbortSignal, architecture = ARCHITECTURE) {
    this.folder = folder
    this.signal = signal
    this.architecture = architecture
  }

  /** Reads the package lists of the system's sources. Sources that cannot be reached are passed over. */
  async update(report: (fraction: number) => void): Promise<Result<void, string>> {
    await mkdir(path.join(this.folder, 'lists', 'partial'), { recursive: true })
    await mkdir(path.join(this.folder, 'cache', 'archives', 'partial'), { recursive: true })
    const run = await this.run('apt-get', ['update'], this.folder, report)
    const lists = await readdir(path.join(this.folder, 'lists'))
    if (lists.some((name) => name.includes('_Packages'))) return ok(undefined)
    return err(run.ok ? 'apt read no package lists; are there sources in /etc/apt?' : run.error)
  }

  /** The package that a metapackage depends on, by the beginning of its name. */
  async dependency(metapackage: string, prefix: string): Promise<Result<string, string>> {
    const run = await this.run('apt-cache', ['depends', '--important', metapackage], this.folder)
    const names = (run.ok ? run.value : '').split('\n').map((line) => /^\s*(?:Pre)?Depends: (\S+)$/.exec(line)?.[1])
    const name = names.find((candidate) => candidate?.startsWith(prefix))
    return name ? ok(name) : err(`apt knows no package ${metapackage}; Debian's package sources have it`)
  }

  /** Downloads a package and returns the path of its file. */
  async download(name: string, report: (fraction: number) => void): Promise<Result<string, string>> {
    const folder = path.join(this.folder, 'packages', name)
    await mkdir(folder, { recursive: true })
    const run = await this.run('apt-get', ['download', name], folder, report)
    if (!run.ok) return run
    const file = (await readdir(folder)).find((entry) => entry.endsWith('.deb'))
    return file ? ok(path.join(folder, file)) : err(`apt-get downloaded nothing for ${name}`)
  }

  /** One regular file out of a package. */
  async extract(
    packageFile: string,
    wanted: (path: string) => boolean,
  ): Promise<Result<{ path: string; content: Buffer }, string>> {
    const found = await this.extractSome(packageFile, (entry) => (wanted(entry) ? entry : undefined), 1)
    for (const [entry, content] of found) return ok({ path: entry, content })
    return err(`the package ${path.basename(packageFile)} does not hold the file wanted`)
  }

  /** Up to `count` regular files out of a package for which `wanted` gives a key, by key. */
  async extractSome(
    packageFile: string,
    wanted: (path: string) => string | undefined,
    count: number,
  ): Promise<ReadonlyMap<string, Buffer>> {
    const child = spawn('dpkg-deb', ['--fsys-tarfile', packageFile], {
      stdio: ['ignore', 'pipe', 'ignore'],
      signal: this.signal,
    })
    const ended = new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', () => resolve())
    })
    ended.catch(() => undefined) // seen below; the stream may fail first
    const found = await readTarMembers(child.stdout, wanted, count)
    child.kill()
    await ended
    this.signal.throwIfAborted()
    return found
  }

  private run(
    program: 'apt-get' | 'apt-cache',
    args: readonly string[],
    cwd: string,
    report?: (fraction: number) => void,
  ): Promise<Result<string, string>> {
    const options = [
      `Dir::State=${this.folder}`,
      `Dir::State::lists=${path.join(this.folder, 'lists')}`,
      'Dir::State::status=/dev/null',
      `Dir::Cache=${path.join(this.folder, 'cache')}`,
      `Dir::Log=${this.folder}`,
      `APT::Architecture=${this.architecture}`,
      `APT::Architectures::=${this.architecture}`,
      'APT::Sandbox::User=root', // only asked for when we are root: its own user could not write here
      'APT::Status-Fd=3',
      'Acquire::Languages=none',
      'Acquire::Retries=2',
      'Debug::NoLocking=1',
    ]
    return new Promise((resolve, reject) => {
      const child = spawn(program, [...options.flatMap((option) => ['-o', option]), ...args], {
        cwd,
        env: { ...process.env, LC_ALL: 'C' },
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        signal: this.signal,
      })
      let output = ''
      let errors = ''
      child.stdout?.on('data', (bytes: Buffer) => {
        output += bytes.toString()
      })
      child.stderr?.on('data', (bytes: Buffer) => {
        errors = (errors + bytes.toString()).slice(-4096)
      })
      child.stdio[3]?.on('data', (bytes: Buffer) => {
        const percent = /dlstatus:\d+:([\d.]+):[^\n]*\n$/.exec(bytes.toString())?.[1]
        if (percent !== undefined) report?.(Math.min(1, Number(percent) / 100))
      })
      child.on('error', reject)
      child.on('close', (code) => {
        if (code === 0) resolve(ok(output))
        else resolve(err(firstError(errors) ?? `${program} ended with status ${code}`))
      })
    })
  }
}

/** The first line apt marks as an error, without the mark. */
function firstError(text: string): string | undefined {
  return /^E: (.*)$/m.exec(text)?.[1]?.trim()
}
