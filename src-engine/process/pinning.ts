// Keeps the vcpus' threads on some of the host's processors. Node has no call for it; on Linux util-linux's taskset does it for a thread.
// Invariant: `wanted` is what threads that begin later get, too. Runs in: main thread of a domain's process.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Log } from '../lib/log'
import { err, ok, type Result } from '../public/result'

const run = promisify(execFile)

/** The processors this process may use, as the kernel lists them (proc(5), status). */
function allowed(): string | undefined {
  return /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]
}

async function taskset(...args: string[]): Promise<Result<null, string>> {
  try {
    await run('taskset', args)
    return ok(null)
  } catch (thrown) {
    if (!(thrown instanceof Error)) return err(String(thrown))
    if ('code' in thrown && thrown.code === 'ENOENT') return err('the program taskset (package util-linux) is not there')
    const said = 'stderr' in thrown ? String(thrown.stderr) : ''
    return err(said.trim().split('\n').at(-1) || thrown.message)
  }
}

export class Pinning {
  private wanted: string | undefined

  constructor(private readonly log: Log) {}

  /** `processors`: undefined for all that the process may use. `threads`: those that run already, by the kernel's numbers. */
  async pin(processors: readonly number[] | undefined, threads: readonly number[]): Promise<Result<null, string>> {
    if (process.platform !== 'linux') return err('threads can be pinned on Linux alone')
    const list = processors?.join(',') ?? allowed()
    if (list === undefined) return err('the kernel does not tell which processors there are')
    // A program of its own first: a list that has none of the host's processors is refused before a thread is touched.
    const possible = await taskset('--cpu-list', list, 'true')
    if (!possible.ok) return possible
    this.wanted = processors && list
    for (const thread of threads) {
      const done = await taskset('--pid', '--cpu-list', list, String(thread))
      if (!done.ok) return done
    }
    return ok(null)
  }

  /** A vcpu's thread has begun. */
  async began(thread: number): Promise<void> {
    if (this.wanted === undefined) return
    const done = await taskset('--pid', '--cpu-list', this.wanted, String(thread))
    if (!done.ok) this.log('warning', `A virtual CPU was not pinned to the processors ${this.wanted}: ${done.error}.`)
  }
}
