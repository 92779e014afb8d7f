// Starts the engine's processes by their bundles' names and brokers what joins them: links between a domain and domain 0,
// streams between a window and domain 0. Where processes can be given ports, a channel is made and both ends go out;
// elsewhere domain 0 listens on a socket and both sides get its path and a ticket nobody else knows.
// Invariant: no bytes of a link or stream pass through here. Runs in: main, plain Node.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ChannelFactory, OpaquePort } from '../lib/channel'
import type { ChildProcess, ProcessForker } from './process-forker'

/** What goes along with a call that hands out one end: a port beside it, or where to connect in its arguments. */
export interface HandedEnd {
  readonly link: { readonly path: string; readonly ticket: string } | undefined
  readonly ports: readonly OpaquePort[]
}

export interface SupervisorParts {
  readonly forker: ProcessForker
  readonly channels: ChannelFactory
  /** Where the engine's bundles are: dom0.cjs, domain.cjs. */
  readonly bundleFolder: string
}

export class Supervisor {
  private readonly parts: SupervisorParts
  private readonly children = new Set<ChildProcess>()

  constructor(parts: SupervisorParts) {
    this.parts = parts
  }

  get needsSocket(): boolean {
    return !this.parts.forker.passesPorts
  }

  start(bundle: 'dom0' | 'domain' | 'image', serviceName: string, onOutput: (text: string) => void): ChildProcess {
    const child = this.parts.forker.fork(join(this.parts.bundleFolder, `${bundle}.cjs`), serviceName, onOutput)
    this.children.add(child)
    child.onExit(() => this.children.delete(child))
    return child
  }

  /** Two ends of one link: the first for domain 0, the second for the domain. */
  link(socketPath: string | undefined): readonly [HandedEnd, HandedEnd] {
    const [first, second] = this.ends(socketPath)
    return [first, second]
  }

  /** One end for domain 0, and a port to hand to a window. */
  stream(socketPath: string | undefined): { readonly forDomain0: HandedEnd; readonly port: OpaquePort } {
    const [forDomain0, other] = this.ends(socketPath)
    return { forDomain0, port: other.link ?? other.ports[0] }
  }

  /** One end for a guest's own process, and a port to hand to a window: for streams that domain 0 has no part in. */
  async guestStream(): Promise<{ readonly forGuest: HandedEnd; readonly port: OpaquePort }> {
    const { forker, channels } = this.parts
    if (!forker.passesPorts && channels.listen) {
      const { link, port } = await channels.listen()
      return { forGuest: { link, ports: [] }, port }
    }
    const [first, second] = channels.createChannel()
    return { forGuest: { link: undefined, ports: [first] }, port: second }
  }

  /** Ends what is left; for the end of the app. */
  killAll(): void {
    for (const child of this.children) child.kill()
  }

  private ends(socketPath: string | undefined): [HandedEnd, HandedEnd] {
    if (this.parts.forker.passesPorts) {
      const [first, second] = this.parts.channels.createChannel()
      return [
        { link: undefined, ports: [first] },
        { link: undefined, ports: [second] },
      ]
    }
    const link = { path: socketPath ?? '', ticket: randomBytes(24).toString('hex') }
    return [
      { link, ports: [] },
      { link, ports: [] },
    ]
  }
}
