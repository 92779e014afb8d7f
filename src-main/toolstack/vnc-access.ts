// Who may look at a machine's screen from outside the app: tells the driver where to let viewers in, and says the place in words.
// Sockets for this user alone lie in a folder of ours that only this user may enter.
// Runs in: main, plain Node.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok } from '../../src-engine/public/result'
import type { HypervisorDriver, Outcome } from '../driver/driver'
import { writeProblem } from '../lib/write-problem'
import type { Vnc } from '../public/device'

export class VncAccess {
  private readonly driver: HypervisorDriver
  private readonly folder: string

  constructor(driver: HypervisorDriver, folder: string) {
    this.driver = driver
    this.folder = folder
  }

  /** Lets viewers in there and nowhere else. Gives the place as people write it; null for nowhere. */
  async open(uuid: string, vnc: Vnc | undefined): Outcome<string | null> {
    if (vnc === undefined) {
      const closed = await this.driver.listenVnc(uuid, undefined)
      return closed.ok ? ok(null) : closed
    }
    if (vnc.kind === 'tcp') {
      const { address, port, password } = vnc
      const listening = await this.driver.listenVnc(uuid, { address, port, ...(password ? { password } : {}) })
      if (!listening.ok) return listening
      return ok(`${address.includes(':') ? `[${address}]` : address}:${listening.value ?? port}`)
    }
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 })
    } catch (thrown) {
      return err(writeProblem(this.folder, thrown))
    }
    // Short: a socket's path has little room.
    const path = join(this.folder, `${uuid.slice(0, 8)}.sock`)
    const listening = await this.driver.listenVnc(uuid, { path })
    return listening.ok ? ok(path) : listening
  }
}
