// Time that a process takes beside its main thread and its vcpus, with a worker that computes in either place.
// Runs in: vitest, plain Node. Linux only, as the figures are its /proc's.
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownThreadId, TimeBeside } from '../../../src-engine/process/host-threads'

const BUSY_NS = 200e6
/** Computes until its own figure says that it had this much processor time. */
const BUSY = `
const { parentPort } = require('node:worker_threads')
const { readFileSync, readlinkSync } = require('node:fs')
const had = () => Number.parseInt(readFileSync('/proc/thread-self/schedstat', 'latin1'), 10)
parentPort.postMessage(Number(readlinkSync('/proc/thread-self').split('/').at(-1)))
parentPort.on('message', () => {
  const until = had() + ${BUSY_NS}
  while (had() < until);
  parentPort.postMessage('done')
})
`

describe.runIf(process.platform === 'linux')('time beside the vcpus', () => {
  let worker: Worker
  let thread = 0
  beforeAll(async () => {
    worker = new Worker(BUSY, { eval: true })
    ;[thread] = await once(worker, 'message')
  })
  afterAll(() => worker.terminate())

  async function work(): Promise<void> {
    worker.postMessage('go')
    await once(worker, 'message')
  }

  it('is that of threads which are no vcpus', async () => {
    const beside = new TimeBeside(() => ({ count: 0, threads: [] }))
    const without = new TimeBeside(() => ({ count: 1, threads: [thread] }))
    for (const one of [beside, without]) one.look()
    await work()
    const [all, rest] = [beside.look(), without.look()]
    expect(all).toBeGreaterThanOrEqual(BUSY_NS * 0.9)
    expect(Math.abs(all - rest - BUSY_NS)).toBeLessThan(BUSY_NS / 4)
  })

  it('is counted once, and from the first look on', async () => {
    const beside = new TimeBeside(() => ({ count: 0, threads: [] }))
    await work()
    expect(beside.look()).toBe(0)
    await work()
    expect(beside.look()).toBeGreaterThanOrEqual(BUSY_NS * 0.9)
    expect(beside.look()).toBeLessThan(BUSY_NS / 2)
  })

  it('is not known before all vcpus have told their threads, nor when one has ended', async () => {
    const threads: number[] = []
    const beside = new TimeBeside(() => ({ count: 1, threads }))
    beside.look()
    await work()
    expect(beside.look()).toBe(0)
    threads.push(thread)
    beside.look()
    threads[0] = 2 ** 22 + 1
    await work()
    expect(beside.look()).toBe(0)
  })

  it('knows its own thread', async () => {
    const other = new Worker(
      'require("node:worker_threads").parentPort.postMessage(require("node:fs").readlinkSync("/proc/thread-self"))',
      {
        eval: true,
      },
    )
    const [link] = await once(other, 'message')
    expect(ownThreadId()).not.toBe(Number(String(link).split('/').at(-1)))
    expect(ownThreadId()).toBe(Number(readlinkSync('/proc/thread-self').split('/').at(-1)))
  })
})
