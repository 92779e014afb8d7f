// xm top: xentop's columns, once or every few seconds, until q. What a domain has used is summed up from its samples: those of
// this run at first, then each second's as they come. Columns and letters are xentop's (Xen 4.17).
// Invariant: the terminal is put back as it was, whatever ends it. Runs in: command line, plain Node.
import { type DomainInfo, type HostInfo, SAMPLE_INTERVAL_MS, type Sample } from '../public/types'
import { paddedBefore } from './columns'
import { type Context, call, domainList, Failure } from './context'
import { BUSY } from './domain-commands'

const MIB = 1024
const SECTOR = 512
/** q, Q, Escape, Ctrl+C */
const LEAVE: readonly number[] = [0x71, 0x51, 0x1b, 0x03]
const SECONDS = SAMPLE_INTERVAL_MS / 1000

export interface TopOptions {
  readonly batch: boolean
  /** As typed. */
  readonly delay: string | undefined
  readonly iterations: string | undefined
}

/** What a domain has used in this run. */
interface Used {
  cpuSeconds: number
  cpuShare: number
  memoryKiB: number
  netOut: number
  netIn: number
  reads: number
  writes: number
  readBytes: number
  writtenBytes: number
}

const none = (): Used => {
  const counts = { netOut: 0, netIn: 0, reads: 0, writes: 0, readBytes: 0, writtenBytes: 0 }
  return { cpuSeconds: 0, cpuShare: 0, memoryKiB: 0, ...counts }
}

type Rates = Sample['devices'][number]

function addRates(used: Used, rates: Rates, seconds: number): void {
  if (rates.key.startsWith('vif/')) {
    used.netOut += rates.writtenBytes * seconds
    used.netIn += rates.readBytes * seconds
  } else {
    used.reads += rates.readRequests * seconds
    used.writes += rates.writeRequests * seconds
    used.readBytes += rates.readBytes * seconds
    used.writtenBytes += rates.writtenBytes * seconds
  }
}

/** Sums of this run by domain; a domain is asked for its past when it is first seen. */
class Meters {
  private readonly context: Context
  private readonly meters = new Map<string, { readonly since: number; readonly used: Used }>()
  private readonly unsubscribe: () => void

  constructor(context: Context) {
    this.context = context
    this.unsubscribe = context.app.client.subscribe('samples', ({ samples }) => {
      for (const sample of samples) {
        const used = this.meters.get(sample.uuid)?.used
        if (used) this.add(used, sample)
      }
    })
  }

  async of({ uuid, startedAt, running }: DomainInfo): Promise<Used> {
    const since = startedAt ?? 0
    const known = this.meters.get(uuid)
    if (known?.since === since) return known.used
    const used = none()
    const series = await call(this.context, 'domainSamples', { uuid, minutes: 60 })
    const ours = series.time.flatMap((time, at) => (time >= since ? [at] : []))
    for (const at of ours) {
      used.cpuSeconds += (series.cpu[at] ?? 0) * SECONDS
      for (const device of series.devices) {
        const { key } = device
        const [readBytes = 0, writtenBytes = 0] = [device.readBytes[at], device.writtenBytes[at]]
        const [readRequests = 0, writeRequests = 0] = [device.readRequests[at], device.writeRequests[at]]
        addRates(used, { key, readBytes, writtenBytes, readRequests, writeRequests }, SECONDS)
      }
    }
    const last = ours.at(-1) ?? -1
    used.cpuShare = series.cpu[last] ?? 0
    used.memoryKiB = series.memoryKiB[last] ?? (running?.memoryMiB ?? 0) * MIB
    this.meters.set(uuid, { since, used })
    return used
  }

  close(): void {
    this.unsubscribe()
  }

  private add(used: Used, { cpu, memoryKiB, devices }: Sample): void {
    used.cpuSeconds += cpu * SECONDS
    used.cpuShare = cpu
    used.memoryKiB = memoryKiB
    for (const rates of devices) addRates(used, rates, SECONDS)
  }
}

// ---- the table --------------------------------------------------------------------------------

export interface TopRow {
  readonly domain: DomainInfo
  readonly used: Used
}

const COLUMNS = [
  ['NAME', 10],
  ['STATE', 6],
  ['CPU(sec)', 10],
  ['CPU(%)', 6],
  ['MEM(k)', 10],
  ['MEM(%)', 6],
  ['MAXMEM(k)', 10],
  ['MAXMEM(%)', 9],
  ['VCPUS', 5],
  ['NETS', 4],
  ['NETTX(k)', 8],
  ['NETRX(k)', 8],
  ['VBDS', 4],
  ['VBD_OO', 8],
  ['VBD_RD', 8],
  ['VBD_WR', 8],
  ['VBD_RSECT', 10],
  ['VBD_WSECT', 10],
  ['SSID', 4],
] as const

const line = (cells: readonly (string | number)[]): string =>
  cells.map((cell, at) => paddedBefore(String(cell), COLUMNS[at]?.[1] ?? 0)).join(' ')

/** xentop's order: dying, shut down, blocked, crashed, paused, running. */
function letters({ state }: DomainInfo, busy: boolean): string {
  const on = state !== 'paused' && state !== 'crashed' && state !== 'shutdown'
  const { shutdown, paused } = { shutdown: state === 'shutdown', paused: state === 'paused' }
  return `-${shutdown ? 's' : '-'}${on && !busy ? 'b' : '-'}-${paused ? 'p' : '-'}${on && busy ? 'r' : '-'}`
}

function rowOf({ domain, used }: TopRow, hostKiB: number): string {
  const { running, config } = domain
  const shown = running ?? config
  const kinds = (kind: string): number => shown?.devices.filter((device) => device.kind === kind).length ?? 0
  const percent = (kib: number): string => ((kib / hostKiB) * 100).toFixed(1)
  const mostKiB = (shown?.memoryMiB ?? 0) * MIB
  const whole = Math.round
  return line([
    domain.name,
    letters(domain, used.cpuShare >= BUSY),
    Math.floor(used.cpuSeconds),
    (used.cpuShare * 100).toFixed(1),
    whole(used.memoryKiB),
    percent(used.memoryKiB),
    ...(domain.kind === 'domain0' ? ['no limit', 'n/a'] : [mostKiB, percent(mostKiB)]),
    shown?.vcpus ?? 1,
    kinds('vif'),
    whole(used.netOut / 1024),
    whole(used.netIn / 1024),
    kinds('vbd'),
    0, // requests that found no memory: ours wait
    whole(used.reads),
    whole(used.writes),
    whole(used.readBytes / SECTOR),
    whole(used.writtenBytes / SECTOR),
    0,
  ])
}

export function topTable(rows: readonly TopRow[], host: Pick<HostInfo, 'memoryMiB'>): string {
  const head = line(COLUMNS.map(([name]) => name))
  return [head, ...rows.map((row) => rowOf(row, host.memoryMiB * MIB))].join('\n')
}

/** The three lines above the table on a terminal. */
export function topSummary(rows: readonly TopRow[], host: HostInfo, clock: string): string {
  const all = rows.map(({ domain, used }) => letters(domain, used.cpuShare >= BUSY))
  const count = (letter: string): number => all.filter((text) => text.includes(letter)).length
  const [total, free] = [host.memoryMiB * MIB, host.freeMemoryMiB * MIB]
  return [
    `xm top - ${clock}   driver ${host.driver}`,
    `${rows.length} domains: ${count('r')} running, ${count('b')} blocked, ${count('p')} paused, ${count('c')} crashed, ${count('d')} dying, ${count('s')} shutdown`,
    `Mem: ${total}k total, ${total - free}k used, ${free}k free    CPUs: ${host.cpus}`,
  ].join('\n')
}

// ---- the command ------------------------------------------------------------------------------

function number(word: string | undefined, what: string, fallback: number): number {
  if (word === undefined) return fallback
  const value = Number(word)
  if (!/^\d{1,6}$/.test(word) || value < 1) throw new Failure(`${what} is a whole number from 1 on, not ${word}.`)
  return value
}

/** Waits this many seconds; true when the user has had enough. */
function pause(context: Context, seconds: number, raw: boolean): Promise<boolean> {
  const { stdin } = context
  return new Promise((resolve) => {
    const end = (over: boolean): void => {
      clearTimeout(timer)
      if (raw) stdin.off('data', typed)
      resolve(over)
    }
    const typed = (chunk: Buffer): void => {
      if (chunk.some((byte) => LEAVE.includes(byte))) end(true)
    }
    const timer = setTimeout(() => end(false), seconds * 1000)
    if (raw) stdin.on('data', typed)
  })
}

export async function top(context: Context, options: TopOptions): Promise<void> {
  const delay = number(options.delay, 'A delay', 3)
  const { stdin, stdout } = context
  const raw = !options.batch && stdin.isTTY === true
  const iterations = number(options.iterations, 'A number of iterations', raw ? Number.MAX_SAFE_INTEGER : 1)
  const meters = new Meters(context)
  if (raw) {
    stdin.setRawMode?.(true)
    stdin.resume()
    stdout.write('\x1b[?1049h\x1b[?25l') // the other screen, no cursor
  }
  try {
    for (let turn = 1; ; turn++) {
      const host = await call(context, 'hostInfo', {})
      const domains = (await domainList(context)).filter(({ domid }) => domid !== null)
      domains.sort((a, b) => (a.domid ?? 0) - (b.domid ?? 0))
      const rows: TopRow[] = []
      for (const domain of domains) rows.push({ domain, used: await meters.of(domain) })
      const table = topTable(rows, host)
      if (raw) {
        const clock = new Date(context.now()).toTimeString().slice(0, 8)
        const lines = `${topSummary(rows, host, clock)}\n${table}`.split('\n').slice(0, (stdout.rows ?? 25) - 1)
        stdout.write(`\x1b[H${lines.map((text) => `${text.slice(0, stdout.columns ?? 200)}\x1b[K\r\n`).join('')}\x1b[J`)
      } else context.out(table)
      if (turn >= iterations || (await pause(context, delay, raw))) return
    }
  } finally {
    meters.close()
    if (raw) {
      stdout.write('\x1b[?25h\x1b[?1049l')
      stdin.setRawMode?.(false)
      stdin.pause()
    }
  }
}
