// A machine with a disk of the user's own, a read-only one and a network interface, on the test driver, and what tests of snapshots
// ask of it. Runs in: vitest, plain Node.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Result } from '../../src-engine/public/result'
import type { ErrorReport } from '../../src-main/public/error-code'
import { type SnapshotTree, snapshotTreeShape } from '../../src-main/public/snapshot'
import type { DomainInfo } from '../../src-main/public/types'
import { makeToolstack, testCaller } from './toolstack'

type Made = Awaited<ReturnType<typeof makeToolstack>>
type Started = Result<{ readonly job: number }, ErrorReport>
export const caller = testCaller()

export class SnapshotScene {
  private constructor(
    readonly made: Made,
    readonly uuid: string,
  ) {}

  static async make(run: boolean): Promise<SnapshotScene> {
    const made = await makeToolstack()
    const { driver, folder, toolstack } = made
    const path = join(folder, 'own.raw')
    expect((await driver.images.create({ path, format: 'raw', sizeMiB: 4 })).ok).toBe(true)
    const iso = join(folder, 'cd.iso')
    writeFileSync(iso, 'cd')
    const defined = await toolstack.domains.define({
      ...made.config('guest'),
      devices: [
        { kind: 'vbd', dev: 'xvda', path, format: 'raw', readonly: false, removable: false },
        { kind: 'vbd', dev: 'xvdb', path: iso, format: 'raw', readonly: true, removable: false },
        {
          kind: 'vif',
          index: 0,
          network: 'default',
          mac: '00:16:3e:00:00:01',
          forwards: [{ protocol: 'tcp', hostPort: 2222, guestPort: 22 }],
        },
      ],
    })
    if (!defined.ok) throw new Error(defined.error.reason)
    const scene = new SnapshotScene(made, defined.value)
    if (run) expect((await toolstack.domains.create(defined.value, false)).ok).toBe(true)
    return scene
  }

  get servers() {
    return this.made.servers
  }

  info(uuid = this.uuid): DomainInfo {
    const info = this.made.toolstack.domains.info(uuid)
    if (!info.ok) throw new Error(info.error.reason)
    return info.value
  }

  disk(uuid = this.uuid): string {
    const disk = this.info(uuid).config?.devices.find((device) => device.kind === 'vbd' && device.dev === 'xvda')
    return disk?.kind === 'vbd' ? disk.path : ''
  }

  async tree(): Promise<SnapshotTree> {
    const tree = await this.servers.snapshotTree({ uuid: this.uuid }, caller)
    if (!tree.ok) throw new Error(tree.error.reason)
    expect(snapshotTreeShape.explain(tree.value)).toBe(undefined)
    return tree.value
  }

  /** Waits for the job of an answer; the domain it was about. */
  async job(answer: Promise<Started> | Started): Promise<string> {
    const started = await answer
    if (!started.ok) throw new Error(started.error.reason)
    const { job } = started.value
    const ended = await this.made.toolstack.jobs.wait(job)
    if (!ended.ok) throw new Error(ended.error.reason)
    await this.made.toolstack.merging.settled()
    return this.made.toolstack.jobs.list().find((one) => one.job === job)?.uuid ?? ''
  }

  async take(name: string): Promise<string> {
    await this.job(this.servers.snapshotCreate({ uuid: this.uuid, name, description: `about ${name}` }, caller))
    return (await this.tree()).current ?? ''
  }

  async remove(id: string, below = false): Promise<void> {
    expect(await this.servers.snapshotDelete({ uuid: this.uuid, id, below }, caller)).toEqual({ ok: true, value: null })
    await this.made.toolstack.merging.settled()
  }

  files(): string[] {
    return readdirSync(join(this.made.folder, 'disks')).sort()
  }

  async close(): Promise<void> {
    await this.made.close()
  }
}
