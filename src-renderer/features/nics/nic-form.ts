// A network interface as it is being described in a form: which network, its MAC, ports of the host that lead to it.
// The toolstack checks everything again, against all other machines too. Runs in: renderer and tests; pure.

import { type Device, macShape, type Nic, type PortForward } from '../../../src-main/public/device'
import type { Translator } from '../../lib/translate'

export interface ForwardForm {
  readonly id: number
  readonly protocol: 'tcp' | 'udp'
  /** NaN while a field is empty. */
  readonly hostPort: number
  readonly guestPort: number
  /** Reachable from other computers too, not only from this one. */
  readonly anyone: boolean
}

export interface NicForm {
  readonly index: number
  readonly network: string
  readonly mac: string
  readonly forwards: readonly ForwardForm[]
  /** As typed; empty is no limit. */
  readonly rate: string
  /** Empty is none. */
  readonly capture: string
  readonly link: 'up' | 'down'
}

const EVERYWHERE = '0.0.0.0'

export function freeIndex(devices: readonly Device[]): number | undefined {
  const taken = devices.flatMap((device) => (device.kind === 'vif' ? [device.index] : []))
  return [0, 1, 2, 3, 4, 5, 6, 7].find((index) => !taken.includes(index))
}

export function newNic(index: number, mac: string, network = 'default'): NicForm {
  return { index, network, mac, forwards: [], rate: '', capture: '', link: 'up' }
}

export function nicFormOf(nic: Nic): NicForm {
  const forwards = nic.forwards.map(({ protocol, hostPort, guestPort, hostAddress }, id) => {
    return { id, protocol, hostPort, guestPort, anyone: hostAddress === EVERYWHERE }
  })
  const { index, network, mac, rateKiB, capture = '', link = 'up' } = nic
  return { index, network, mac, forwards, rate: rateKiB === undefined ? '' : String(rateKiB), capture, link }
}

/** As people type them: 00-16-3E-… or without separators. */
export function tidyMac(mac: string): string {
  const digits = mac.toLowerCase().replace(/[^0-9a-f]/g, '')
  return digits.length === 12 ? (digits.match(/../g) ?? []).join(':') : mac.trim().toLowerCase()
}

export function checkMac(mac: string, t: Translator): string | undefined {
  if (mac.trim() === '') return t('nic.mac-needed')
  return macShape.is(tidyMac(mac)) ? undefined : t('nic.mac-bad')
}

export function checkRate(rate: string, t: Translator): string | undefined {
  const text = rate.trim()
  return text === '' || (/^\d{1,9}$/.test(text) && Number(text) > 0) ? undefined : t('nic.rate-bad')
}

/** A capture goes to a whole path. */
export function checkCapture(capture: string, t: Translator): string | undefined {
  return capture.trim() === '' || /^(\/|[A-Za-z]:\\)/.test(capture.trim()) ? undefined : t('create.path-relative')
}

const isPort = (port: number, least: number): boolean => Number.isInteger(port) && port >= least && port <= 65535

export function checkForward(forward: ForwardForm, all: readonly ForwardForm[], t: Translator): string | undefined {
  if (!isPort(forward.hostPort, 1) || !isPort(forward.guestPort, 1)) return t('nic.port-range')
  const twice = all.some(
    ({ id, protocol, hostPort }) => id !== forward.id && protocol === forward.protocol && hostPort === forward.hostPort,
  )
  return twice ? t('nic.port-twice') : undefined
}

export function nicOf(form: NicForm): Nic {
  const forwards = form.forwards.map(({ protocol, hostPort, guestPort, anyone }): PortForward => {
    return { protocol, hostPort, guestPort, ...(anyone ? { hostAddress: EVERYWHERE } : {}) }
  })
  return {
    kind: 'vif',
    index: form.index,
    network: form.network,
    mac: tidyMac(form.mac),
    forwards,
    ...(form.rate.trim() === '' ? {} : { rateKiB: Number(form.rate.trim()) }),
    ...(form.capture.trim() === '' ? {} : { capture: form.capture.trim() }),
    ...(form.link === 'up' ? {} : { link: form.link }),
  }
}
