// A guest's screen in its process: the kernel's command line with the display's mode, and where viewers are let in.
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { commandLineFor, GuestScreen } from '../../../src-engine/process/guest-screen'
import type { Display } from '../../../src-engine/public/protocol/device'

const display = (width: number, height: number): Display => ({ kind: 'vfb', width, height })

it.each([
  ['console=hvc0', display(1024, 768), 'console=hvc0 xen_fbfront.video=3,1024,768'],
  ['', display(1920, 1200), 'xen_fbfront.video=9,1920,1200'],
  ['quiet -- poweroff -f', display(800, 600), 'quiet xen_fbfront.video=2,800,600 -- poweroff -f'],
  ['xen_fbfront.video=8,800,600 quiet', display(1024, 768), 'xen_fbfront.video=8,800,600 quiet'],
  ['console=hvc0', undefined, 'console=hvc0'],
])('%j with %j', (given, screen, expected) => {
  expect(commandLineFor(screen, given)).toBe(expected)
})

it('viewers are let in at the place that was named last, and nowhere when that is none', async () => {
  const screen = new GuestScreen(display(640, 480), 'a guest')
  const somewhere = { address: '127.0.0.1', port: 0, password: undefined }
  const answers = (port: number | undefined): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: port ?? 0 })
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.on('close', () => {})
      socket.once('connect', () => socket.destroy())
    })
  const places = await Promise.all([somewhere, somewhere, undefined, somewhere].map((place) => screen.listen(place)))
  const ports = places.map((one) => (one.ok ? one.value : undefined))
  expect(await Promise.all([0, 1, 3].map((i) => answers(ports[i])))).toEqual([false, false, true])
  const [opening, closed] = await Promise.all([screen.listen(somewhere), screen.listen(undefined)])
  expect(closed).toEqual({ ok: true, value: undefined })
  expect(await answers(opening.ok ? opening.value : undefined)).toBe(false)
  const late = screen.listen(somewhere)
  screen.dispose()
  const port = await late
  expect(port.ok && port.value !== undefined ? await answers(port.value) : false).toBe(false)
})
