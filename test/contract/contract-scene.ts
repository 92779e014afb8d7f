// What the parts of the contract share: the driver they are about, its domains, and how one talks to their consoles; one guest at its
// prompt serves all tests that need no boot of their own. Runs in: vitest, plain Node.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { DriverEvent, HypervisorDriver, Progress } from '../../src-main/driver/driver'
import type { ChannelFactory } from '../../src-main/lib/channel'
import type { Disk } from '../../src-main/public/device'
import { CONSOLE_TO_WINDOW } from '../../src-main/public/stream'
import type { DomainConfig } from '../../src-main/public/types'

export interface ContractSubject {
  readonly driver: HypervisorDriver
  readonly channels: ChannelFactory
  /** Ends what the subject made itself. */
  dispose?(): Promise<void>
}

export interface ContractOptions {
  /** A definition that boots to a console which answers. */
  config(folder: string): DomainConfig
  /** Text the console shows once it can be typed at, a line to type, and what comes back then. */
  readonly prompt: string
  readonly type: string
  readonly answer: string
  readonly bootMs: number
  /** Of tests that take a boot of their own for one case more: 'long', where boots take long. */
  readonly bootTags?: readonly 'long'[]
}

/** A removable disk; without a path a drive with nothing in it. */
export const disk = (dev: string, path: string): Disk => {
  return { kind: 'vbd', dev, path, format: 'raw', readonly: path === '', removable: true }
}

export const quiet = (): Progress => ({ report: () => {}, signal: new AbortController().signal })

export type ContractScene = ReturnType<typeof contractScene>

export function contractScene(subject: ContractSubject, folder: string, options: ContractOptions) {
  const { driver, channels } = subject
  const config = options.config(folder)
  const timeout = options.bootMs + 30_000
  const tags = [...(options.bootTags ?? [])]
  const events: DriverEvent[] = []

  const stops = (uuid: string) =>
    events.flatMap((event) => (event.kind === 'stopped' && event.uuid === uuid ? [event.how] : []))
  const started = async (uuid: string = randomUUID()): Promise<string> => {
    expect(await driver.create(uuid, config)).toMatchObject({ ok: true, value: { paused: false } })
    return uuid
  }
  /** How far each console has been read. */
  const read = new Map<string, number>()
  /** Types, and reads the console on from where it was read last until that is enough. */
  const converse = async (
    uuid: string,
    typed: string,
    enough: (text: string) => boolean,
    from = read.get(uuid),
  ): Promise<void> => {
    const opened = await driver.openConsole(uuid, from)
    if (!opened.ok) throw new Error(`no console: ${opened.error.reason}`)
    const transport = channels.transport(opened.value)
    const decoder = new TextDecoder()
    let text = ''
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${typed}: not enough: ${text.slice(-400)}`)), options.bootMs)
      transport.onMessage((message) => {
        if (!CONSOLE_TO_WINDOW.output.is(message)) return
        text += decoder.decode(message.bytes, { stream: true })
        const offset = message.offset + message.bytes.length
        read.set(uuid, offset)
        transport.send({ kind: 'ack', offset })
        if (!enough(text)) return
        clearTimeout(timer)
        resolve()
      })
      if (typed !== '') transport.send({ kind: 'input', bytes: new TextEncoder().encode(typed) })
    })
    transport.close()
  }
  /** The identifier of a copy that is made of this domain as it is now; its console begins with what the domain has shown. */
  const copyOf = (uuid: string): string => {
    const copy = randomUUID()
    read.set(copy, read.get(uuid) ?? 0)
    return copy
  }
  /** Waits for the prompt; `from` 0 reads what was shown before too. */
  const prompts = (uuid: string, from?: number) => converse(uuid, '', (text) => text.includes(options.prompt), from)
  /** Types a line at the prompt and waits until the answer, which may be the line itself, and the next prompt have come. */
  const answers = (uuid: string, line: string, answer = line) =>
    converse(uuid, `${line}\r`, (text) => text.includes(answer) && text.lastIndexOf(options.prompt) > text.indexOf(answer))

  /** A guest for all tests that need no boot of their own: it stands at its prompt and runs on. */
  let common: string | undefined
  /** One at its prompt, in a file: where the guest for all is gone, the next goes on from there instead of booting. */
  const kept = join(folder, 'at-prompt.save')
  let keptRead: number | undefined
  const keep = async (uuid: string): Promise<void> => {
    const order = { path: kept, disks: [], plain: true, switched: () => {} }
    expect(await driver.snapshot(uuid, order, quiet())).toMatchObject({ ok: true })
    keptRead = read.get(uuid) ?? 0
  }
  const another = async (): Promise<string> => {
    const uuid = randomUUID()
    if (keptRead === undefined) {
      await started(uuid)
      await prompts(uuid)
      await keep(uuid)
      return uuid
    }
    read.set(uuid, keptRead)
    expect(await driver.restore(uuid, config, kept, quiet())).toMatchObject({ ok: true })
    return uuid
  }
  const atPrompt = async (): Promise<string> => {
    common ??= await another()
    return common
  }
  /** The same for a test that ends it. */
  const forItself = async (): Promise<string> => {
    const uuid = await atPrompt()
    common = undefined
    return uuid
  }
  /** From now on this domain at its prompt is the one for all. */
  const share = async (uuid: string): Promise<void> => {
    if (keptRead === undefined) await keep(uuid)
    common = uuid
  }
  /** Ends the one for all: nobody knows how it was left. */
  const drop = async (): Promise<void> => {
    if (common !== undefined) await driver.destroy(await forItself())
  }
  const told = { config, timeout, tags, events, options }
  return { ...told, driver, channels, folder, stops, started, prompts, answers, copyOf, atPrompt, forItself, share, drop }
}
