// The image process that is kept for short calls: not ended under a call, and not asked once it is being ended.
// Runs in: vitest, plain Node; the process is made up.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Message, Transport } from '../../../src-engine/public/protocol/transport'
import { EmbeddedImages } from '../../../src-main/driver/embedded/images'
import { NodeChannels } from '../../../src-main/supervisor/node'
import type { ChildProcess } from '../../../src-main/supervisor/process-forker'
import { Supervisor } from '../../../src-main/supervisor/supervisor'

const LONG_MS = 60_000

/** Answers when it is told to; as the system's processes it is not gone yet when it was killed. */
class SlowProcess implements ChildProcess {
  killed = false
  private readonly asked: number[] = []
  private listener: (message: unknown, ports: readonly unknown[]) => void = () => {}
  readonly transport: Transport = {
    send: (message: Message) => void this.asked.push(Number(Reflect.get(message, 'id'))),
    onMessage: (listener) => {
      this.listener = listener
    },
    onClose: () => {},
    close: () => {},
    closed: false,
    backlog: 0,
  }
  pid = () => 1
  onExit = () => {}
  kill = () => {
    this.killed = true
  }

  /** Says of all that it was asked that it did it. */
  answer(): void {
    for (const id of this.asked.splice(0)) this.listener({ kind: 'reply', id, ok: true, value: {} }, [])
  }
}

const processes: SlowProcess[] = []
const fork = () => {
  const made = new SlowProcess()
  processes.push(made)
  return made
}
const forker = { passesPorts: true, fork }
const images = () => new EmbeddedImages(new Supervisor({ forker, channels: new NodeChannels(), bundleFolder: '' }))
const image = { path: '/disk.qcow2', format: 'qcow2', sizeMiB: 1 } as const

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  processes.length = 0
})

it('is not ended while it has not answered, however long that takes, and is when it had nothing to do', async () => {
  const tool = images()
  const made = [tool.create(image), tool.create(image)]
  await vi.advanceTimersByTimeAsync(LONG_MS)
  expect(processes.map(({ killed }) => killed)).toEqual([false])
  processes[0]?.answer()
  expect(await Promise.all(made)).toMatchObject([{ ok: true }, { ok: true }])
  await vi.advanceTimersByTimeAsync(LONG_MS)
  expect(processes.map(({ killed }) => killed)).toEqual([true])
})

it('is asked nothing more once it is being ended', async () => {
  const tool = images()
  const first = tool.create(image)
  processes[0]?.answer()
  await first
  await vi.advanceTimersByTimeAsync(LONG_MS)
  const second = tool.create(image)
  processes[1]?.answer()
  expect(await second).toMatchObject({ ok: true })
})
