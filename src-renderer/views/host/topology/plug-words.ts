// What an interface is called in the drawing and in the list, and the menu of what can be done with it.
// Runs in: renderer and tests; pure.

import type { PortForward } from '../../../../src-main/public/device'
import type { MenuEntry } from '../../../components/Menu'
import type { Translator } from '../../../lib/translate'
import { type Addresses, addressOf, type Plug } from './wiring'

export function forwardWords({ protocol, hostAddress, hostPort, guestPort }: PortForward, t: Translator): string {
  const host = hostAddress === undefined ? String(hostPort) : `${hostAddress}:${hostPort}`
  return t('topology.forward', { protocol: protocol.toUpperCase(), host, guest: guestPort })
}

/** The first line: which interface, and where it is reached. */
export function plugLine(plug: Plug, addresses: Addresses, t: Translator): string {
  const { nic } = plug
  if (nic.link === 'down') return t('topology.line', { index: nic.index, what: t('topology.out') })
  const address = addressOf(plug, addresses)
  return address === undefined
    ? t('details.nic', { index: nic.index })
    : t('topology.line', { index: nic.index, what: address })
}

/** The second: its network and the next one, and the ports that lead in or the address of the card. */
export function plugDetail({ nic, next }: Plug, t: Translator): string {
  const place = next === undefined ? nic.network : `${nic.network}, ${t('topology.next', { network: next })}`
  return [place, ...(nic.forwards.length === 0 ? [nic.mac] : nic.forwards.map((forward) => forwardWords(forward, t)))].join(
    ' · ',
  )
}

export function plugMenu({ nic, next, fixed }: Plug, networks: readonly string[], t: Translator): MenuEntry[] {
  const disabled = fixed !== undefined
  const reason = fixed === undefined ? {} : { reason: t(`topology.fixed-${fixed}`) }
  return [
    ...networks.map((name): MenuEntry => {
      return { kind: 'action', id: `to ${name}`, label: name, on: name === (next ?? nic.network), disabled, ...reason }
    }),
    { kind: 'separator', id: 'rule' },
    { kind: 'action', id: 'link', label: t('topology.cable-in'), on: nic.link !== 'down', disabled },
  ]
}
