// The kernel's command line with a display's mode.
import { expect, it } from 'vitest'
import { commandLineFor } from '../../../src-engine/process/guest-screen'
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
