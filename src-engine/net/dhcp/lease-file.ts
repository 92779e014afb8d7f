// Leases of all networks in a file, so that a new domain 0 gives nobody an address that somebody has. Written whole to a second file
// that takes the first one's place; at most once in PAUSE_MS, as guests ask as often as they like. A file that cannot be written costs
// the next domain 0 its memory and nothing else; one that makes no sense counts as none.
// Runs in: domain 0.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Clock } from '../../lib/clock'
import type { Log } from '../../lib/log'
import { count, fields, flag, list, optional, shortText, within } from '../../public/shape'
import type { Lease } from './leases'

const PAUSE_MS = 1000
/** Each network remembers 4096 at most. Of more the first are read. */
const MOST = 65_536

const LEASES = list(
  fields({
    network: shortText(64),
    mac: within(0, 0xffff_ffff_ffff),
    address: within(0, 0xffff_ffff),
    until: count,
    name: optional(shortText(64)),
    own: optional(flag),
  }),
  MOST,
)

export class LeaseFile {
  /** By network. */
  private readonly leases: Map<string, readonly Lease[]>
  private calledOff: (() => void) | undefined
  private changed = false
  private complained = false

  constructor(
    private readonly path: string,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    const leases = new Map<string, Lease[]>()
    for (const { network, ...lease } of this.read()) {
      const others = leases.get(network)
      if (others) others.push({ ...lease, name: lease.name })
      else leases.set(network, [{ ...lease, name: lease.name }])
    }
    this.leases = leases
  }

  of(network: string): readonly Lease[] {
    return this.leases.get(network) ?? []
  }

  save(network: string, leases: readonly Lease[]): void {
    this.leases.set(network, leases)
    this.changed = true
    if (this.calledOff) return
    this.write()
    this.calledOff = this.clock.after(PAUSE_MS, () => {
      this.calledOff = undefined
      if (this.changed) this.save(network, this.of(network))
    })
  }

  close(): void {
    this.calledOff?.()
    this.calledOff = undefined
    if (this.changed) this.write()
  }

  private read() {
    try {
      const value: unknown = JSON.parse(readFileSync(this.path, 'utf8'))
      const all: readonly unknown[] = Array.isArray(value) ? value : []
      const known = all.slice(0, MOST)
      if (!LEASES.is(known)) return []
      if (all.length > MOST) this.log('warning', `of ${all.length} leases only ${MOST} are known: the others are given anew`)
      return known
    } catch {
      return []
    }
  }

  private write(): void {
    this.changed = false
    const all = [...this.leases].flatMap(([network, leases]) => leases.map((lease) => ({ network, ...lease })))
    try {
      writeFileSync(`${this.path}.new`, JSON.stringify(all), { mode: 0o600 })
      renameSync(`${this.path}.new`, this.path)
    } catch (error) {
      if (!this.complained)
        this.log('warning', `leases are not kept: ${error instanceof Error ? error.message : String(error)}`)
      this.complained = true
    }
  }
}
