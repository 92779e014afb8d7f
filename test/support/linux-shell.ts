// The shell of a demo guest on the machine's console, with words for what lies on its first disk. Runs in: vitest, plain Node.
import type { Supervised } from './supervised'

/** A disk of this many sectors is what guests of random sequences write to. */
export const DISK_BLOCKS = 16_384

/** One for each command: a console shows what was said before too, also to a machine of which this one was made. */
let marks = 0

export class LinuxShell {
  constructor(
    private machine: Supervised,
    private readonly uuid: string,
  ) {}

  /** After a new main process. */
  on(machine: Supervised): void {
    this.machine = machine
  }

  /** Waits for a shell that has just begun and tells it what it needs; it has counted nothing yet. */
  async booted(): Promise<void> {
    await this.machine.console(this.uuid, (text) => text.includes('demo:~# '), 200)
    await this.set('x=0; echo 0 >/proc/sys/kernel/printk')
    await this.set(
      `w() { printf '%-511s\\n' "block $1 has $2" | dd of=/dev/xvda bs=512 seek=$1 conv=fsync,notrunc 2>/dev/null; }`,
    )
    await this.set('r() { echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/xvda bs=512 skip=$1 count=1 2>/dev/null; }')
  }

  async write(block: number, value: number): Promise<void> {
    await this.run(`w ${block} ${value}`)
  }

  /** What `write` left there, past the page cache. */
  async read(block: number): Promise<number> {
    return Number(new RegExp(`^block ${block} has (\\d+)$`).exec(await this.run(`r ${block}`))?.[1] ?? Number.NaN)
  }

  async countOne(): Promise<void> {
    await this.set('x=$((x+1))')
  }

  /** A line for the shell itself. */
  async set(line: string): Promise<void> {
    await this.run('true', `${line}\n`)
  }

  /** What a command prints, its lines joined. */
  async run(command: string, before = ''): Promise<string> {
    const mark = ++marks
    const answer = new RegExp(`<${mark}:([^>$]*)>`)
    const line = `${before}o=$(${command}); echo "<${mark}:"$o">"\n`
    const shown = await this.machine.console(this.uuid, (text) => answer.test(text), 100, line)
    return (answer.exec(shown)?.[1] ?? '').trim().replace(/ +/g, ' ')
  }
}
