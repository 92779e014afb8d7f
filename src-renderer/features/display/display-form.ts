// The sizes a screen can have, one row each, and which one a device is. Runs in: renderer and tests; pure.

import { type Display, isLoopback, type Vnc } from '../../../src-main/public/device'
import type { KeymapName } from '../../../src-main/public/keymap'
import type { Translator } from '../../lib/translate'

export const DISPLAY_MODES = [
  [800, 600],
  [1024, 768],
  [1280, 720],
  [1280, 1024],
  [1440, 900],
  [1920, 1080],
  [1920, 1200],
] as const

export const DEFAULT_DISPLAY: Display = { kind: 'vfb', width: 1024, height: 768 }

export function modeText(display: { readonly width: number; readonly height: number }): string {
  return `${display.width} × ${display.height}`
}

/** A mode as a key of a list, and back. */
export function modeKey(display: { readonly width: number; readonly height: number }): string {
  return `${display.width}x${display.height}`
}

export function displayOfKey(key: string): Display | undefined {
  const mode = DISPLAY_MODES.find(([width, height]) => modeKey({ width, height }) === key)
  return mode === undefined ? undefined : { kind: 'vfb', width: mode[0], height: mode[1] }
}

/** Who may look at the screen from outside the app: nobody, this user, this computer, others too. */
export const ACCESSES = ['off', 'local', 'loopback', 'address'] as const
export type Access = (typeof ACCESSES)[number]

/** What Linux starts with: not written into a definition. */
const DEFAULT_KEYMAP: KeymapName = 'en-us'

export interface DisplayForm {
  readonly width: number
  readonly height: number
  readonly keymap: KeymapName
  readonly access: Access
  readonly address: string
  /** As typed; empty is one the system chooses. */
  readonly port: string
  readonly password: string
}

export function displayFormOf(display: Display): DisplayForm {
  const { width, height, vnc, keymap = DEFAULT_KEYMAP } = display
  const none = { width, height, keymap, address: '0.0.0.0', port: '', password: '' }
  if (vnc === undefined) return { ...none, access: 'off' }
  if (vnc.kind === 'local') return { ...none, access: 'local' }
  const { address, port, password = '' } = vnc
  const access = isLoopback(address) ? 'loopback' : 'address'
  return { ...none, access, address, port: port === 0 ? '' : String(port), password }
}

function vncOf(form: DisplayForm): Vnc | undefined {
  const { access, password } = form
  if (access === 'off') return undefined
  if (access === 'local') return { kind: 'local' }
  const address =
    access === 'address' ? form.address.trim() : isLoopback(form.address.trim()) ? form.address.trim() : '127.0.0.1'
  const port = form.port.trim() === '' ? 0 : Number(form.port.trim())
  return { kind: 'tcp', address, port, ...(password === '' ? {} : { password }) }
}

export function displayOf(form: DisplayForm): Display {
  const { width, height, keymap } = form
  const vnc = vncOf(form)
  return {
    ...{ kind: 'vfb', width, height },
    ...(vnc === undefined ? {} : { vnc }),
    ...(keymap === DEFAULT_KEYMAP ? {} : { keymap }),
  }
}

/** What is wrong, by field. */
export function checkDisplay(form: DisplayForm, t: Translator): Partial<Record<'address' | 'port' | 'password', string>> {
  const wrong: Partial<Record<'address' | 'port' | 'password', string>> = {}
  if (form.access !== 'loopback' && form.access !== 'address') return wrong
  const port = form.port.trim()
  if (port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) wrong.port = t('nic.port-range')
  if (form.access !== 'address') return wrong
  if (!/^[0-9A-Za-z.:_-]+$/.test(form.address.trim())) wrong.address = t('display.address-bad')
  if (form.password === '') wrong.password = t('display.password-needed')
  return wrong
}
