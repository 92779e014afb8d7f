// The command line and a toolstack on the test driver, with a real socket between them: made anew for each test of a file.
// Runs in: vitest, plain Node.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect } from 'vitest'
import { LocalSocket } from '../../src-main/ipc/local-socket'
import { UnderWay } from '../../src-main/lib/under-way'
import { socketPlace } from '../../src-main/public/xm-socket'
import { runProgram } from '../../src-main/xm/program'
import { makeToolstack } from './toolstack'

class XmScene {
  readonly made: Awaited<ReturnType<typeof makeToolstack>>
  readonly socket: LocalSocket
  /** Where commands look for the app. */
  place: ReturnType<typeof socketPlace>

  constructor(made: Awaited<ReturnType<typeof makeToolstack>>, underWay: UnderWay) {
    this.made = made
    this.place = socketPlace({ XDG_RUNTIME_DIR: made.folder }, '/tmp', 0)
    this.socket = new LocalSocket({
      place: this.place,
      servers: made.toolstack.servers(),
      underWay,
      transport: (port) => made.channels.transport(port),
    })
    made.onEvent((name, payload) => {
      if (name === 'domainChanged' || name === 'domainRemoved' || name === 'jobChanged' || name === 'samples')
        Reflect.apply(this.socket.broadcast, this.socket, [name, payload])
    })
  }
}

/** To be called once, at the top of a file of tests. */
export function xmScene() {
  const underWay = new UnderWay(() => undefined)
  let scene: XmScene | undefined
  const now = (): XmScene => {
    if (!scene) throw new Error('only within a test')
    return scene
  }
  beforeEach(async () => {
    scene = new XmScene(await makeToolstack(), underWay)
    expect(await scene.socket.listen()).toEqual({ ok: true, value: null })
  })
  afterEach(async () => {
    await now().socket.close()
    await now().made.close()
  })
  return {
    underWay,
    now,
    /** Runs a command to its end. */
    async xm(...line: string[]) {
      const [out, err] = [[] as string[], [] as string[]]
      const code = runProgram(line, {
        place: now().place,
        out: (text) => out.push(text),
        err: (text) => err.push(text),
        now: Date.now,
        folder: now().made.folder,
        stdin: new PassThrough(),
        stdout: new PassThrough(),
      })
      return { code: await code, out: out.join('\n'), err: err.join('\n') }
    },
    /** An xl.cfg of this name. */
    config(name: string, more = ''): string {
      const { folder, kernel } = now().made
      const path = join(folder, `${name}.cfg`)
      writeFileSync(path, `name = "${name}"\ntype = "pvh"\nmemory = 64\nkernel = "${kernel}"\n${more}`)
      return path
    },
  }
}
