// The console stream at the window's end: input in pieces, output once, acknowledged when drawn, garbage refused.

import { afterEach, describe, expect, it } from 'vitest'
import { err, ok } from '../../../src-engine/public/result'
import { type Client, STREAM_CHANNEL } from '../../../src-main/public/client'
import { errorReport } from '../../../src-main/public/error-code'
import { CONSOLE_FROM_WINDOW, CONSOLE_INPUT_LIMIT } from '../../../src-main/public/stream'
import { cutInput, openConsole } from '../../../src-renderer/client/console-stream'
import { type MessageTarget, makePortDesk } from '../../../src-renderer/client/port-desk'
import { TypedInput } from '../../../src-renderer/client/typed-input'

const bytes = (typed: string): Uint8Array => new TextEncoder().encode(typed)

function text(parts: readonly Uint8Array[]): readonly string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return parts.map((part) => decoder.decode(part))
}

describe('typed and pasted text', () => {
  it('goes in pieces within the limit and arrives whole', () => {
    const long = 'x'.repeat(CONSOLE_INPUT_LIMIT * 2 + 5)
    const parts = cutInput(bytes(long))
    expect(parts.map(({ length }) => length)).toEqual([CONSOLE_INPUT_LIMIT, CONSOLE_INPUT_LIMIT, 5])
    expect(text(parts).join('')).toBe(long)
  })

  it.each(['é', '€', '😀'])('is never cut inside a character (%s)', (character) => {
    const typed = `ab${character.repeat(9)}c`
    for (let limit = 4; limit < 12; limit += 1) expect(text(cutInput(bytes(typed), limit)).join('')).toBe(typed)
  })

  it('of no length sends nothing', () => {
    expect(cutInput(bytes(''))).toEqual([])
  })
})

// ---- a stream with both ends here -------------------------------------------------------------

type Listener = Parameters<MessageTarget['addEventListener']>[1]

/** A window that hears what the preload script would post. */
class Page implements MessageTarget {
  private readonly listeners: Listener[] = []

  addEventListener(_type: 'message', listener: Listener): void {
    this.listeners.push(listener)
  }

  post(data: unknown, ports: readonly MessagePort[], source: unknown = this): void {
    for (const listener of this.listeners) listener({ source, data, ports })
  }
}

const open: MessagePort[] = []

afterEach(() => {
  for (const port of open.splice(0)) port.close()
})

function channel(): { readonly far: MessagePort; readonly near: MessagePort; readonly heard: unknown[] } {
  const { port1, port2 } = new MessageChannel()
  open.push(port1, port2)
  const heard: unknown[] = []
  port1.onmessage = ({ data }) => heard.push(data)
  return { far: port1, near: port2, heard }
}

function clientThatOpens(stream: number, onCall: () => void = () => undefined): Client {
  return {
    // The one call made here; its answer has the shape of its row.
    call: async (name) => {
      onCall()
      const answer: unknown = { stream }
      const { callTable } = await import('../../../src-main/public/calls')
      const shape = callTable[name].result
      return shape.is(answer) ? ok(answer) : err(errorReport('no-such-call', { call: name }))
    },
    subscribe: () => () => undefined,
  }
}

function typedOf(heard: readonly unknown[]): string {
  return text(heard.flatMap((message) => (CONSOLE_FROM_WINDOW.input.is(message) ? [message.bytes] : []))).join('')
}

async function started(page = new Page(), fromOffset = 0, typed = new TypedInput()) {
  const { far, near, heard } = channel()
  const output: string[] = []
  const ends: string[] = []
  const guest: boolean[] = []
  let held: (() => void)[] = []
  const stream = await openConsole(
    clientThatOpens(7, () => page.post({ kind: STREAM_CHANNEL, stream: 7 }, [near])),
    makePortDesk(page),
    'some-uuid',
    fromOffset,
    {
      onOutput: (bytes, drawn) => {
        output.push(new TextDecoder().decode(bytes))
        held.push(drawn)
      },
      onGuest: (connected) => guest.push(connected),
      onEnd: (reason) => ends.push(reason),
    },
    typed,
  )
  const draw = () => {
    for (const drawn of held) drawn()
    held = []
  }
  return { stream, far, heard, output, ends, guest, draw }
}

const say = (far: MessagePort, offset: number, words: string) =>
  far.postMessage({ kind: 'output', offset, bytes: new TextEncoder().encode(words) })

describe('a console stream', () => {
  it('takes its port even when it comes before the answer that names it', async () => {
    expect((await started()).stream.ok).toBe(true)
  })

  it('acknowledges bytes when they are drawn, not before', async () => {
    const { far, heard, output, draw } = await started()
    say(far, 0, 'hello')
    await expect.poll(() => output).toEqual(['hello'])
    expect(heard).toEqual([])
    draw()
    await expect.poll(() => heard).toEqual([{ kind: 'ack', offset: 5 }])
  })

  it('hands each byte on once when the other end repeats what it sent', async () => {
    const { far, output, stream } = await started(new Page(), 3)
    say(far, 0, 'abcdef')
    say(far, 4, 'efgh')
    say(far, 20, 'later')
    await expect.poll(() => output).toEqual(['def', 'gh', 'later'])
    expect(stream.ok && stream.value.offset()).toBe(25)
  })

  it('sends what the other end takes: input in pieces, sizes', async () => {
    const { far, stream, heard, guest } = await started()
    if (!stream.ok) return
    far.postMessage({ kind: 'state', state: 'connected' })
    await expect.poll(() => guest).toEqual([true])
    stream.value.send('x'.repeat(CONSOLE_INPUT_LIMIT + 1))
    stream.value.resize(80, 24)
    await expect.poll(() => heard.length).toBe(3)
    expect(heard.map((message) => CONSOLE_FROM_WINDOW.input.is(message) || CONSOLE_FROM_WINDOW.resize.is(message))).toEqual([
      true,
      true,
      true,
    ])
  })

  it('sends what was typed before the guest was there when it is, once', async () => {
    const { far, stream, heard, guest } = await started()
    if (!stream.ok) return
    far.postMessage({ kind: 'state', state: 'gone' })
    stream.value.send('early ')
    await expect.poll(() => guest).toEqual([false])
    expect(heard).toEqual([])
    far.postMessage({ kind: 'state', state: 'connected', input: 40 })
    await expect.poll(() => guest).toEqual([false, true])
    stream.value.send('later')
    far.postMessage({ kind: 'state', state: 'gone' })
    far.postMessage({ kind: 'state', state: 'connected', input: 51 })
    await expect.poll(() => guest).toEqual([false, true, false, true])
    await expect.poll(() => typedOf(heard)).toBe('early later')
  })

  it('types again what the domain 0 before took along', async () => {
    const typed = new TypedInput()
    const first = await started(new Page(), 0, typed)
    if (!first.stream.ok) return
    first.far.postMessage({ kind: 'state', state: 'connected', input: 100 })
    await expect.poll(() => first.guest).toEqual([true])
    first.stream.value.send('reached lost ')
    await expect.poll(() => typedOf(first.heard)).toBe('reached lost ')
    first.stream.value.close()
    typed.add(bytes('ahead '), false)
    const second = await started(new Page(), 0, typed)
    if (!second.stream.ok) return
    second.far.postMessage({ kind: 'state', state: 'connected', input: 108 })
    await expect.poll(() => second.guest).toEqual([true])
    second.stream.value.send('now')
    await expect.poll(() => typedOf(second.heard)).toBe('lost ahead now')
  })

  it('tells when the guest goes and comes, and ends once', async () => {
    const { far, guest, ends } = await started()
    far.postMessage({ kind: 'state', state: 'gone' })
    far.postMessage({ kind: 'state', state: 'connected' })
    far.postMessage({ kind: 'end', reason: 'released' })
    await expect.poll(() => ends).toEqual(['released'])
    expect(guest).toEqual([false, true])
  })

  it.each([[null], ['text'], [{ kind: 'output', offset: -1, bytes: 'no' }], [{ kind: 'other' }]])(
    'ends at garbage: %j',
    async (garbage) => {
      const { far, ends } = await started()
      far.postMessage(garbage)
      await expect.poll(() => ends.length).toBe(1)
    },
  )

  it('does not take a port from another window, or of another kind', async () => {
    const page = new Page()
    const desk = makePortDesk(page)
    const { near } = channel()
    page.post({ kind: STREAM_CHANNEL, stream: 1 }, [near], 'another window')
    page.post({ kind: 'else', stream: 1 }, [near])
    page.post(null, [near])
    const { near: ours } = channel()
    page.post({ kind: STREAM_CHANNEL, stream: 1 }, [ours])
    expect(await desk.take(1)).toBe(ours)
  })
})
