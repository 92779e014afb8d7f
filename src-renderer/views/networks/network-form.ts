// A virtual network as it is being described in a form, what is wrong with it, and a free range to propose for a new one.
// The toolstack checks everything again. Runs in: renderer and tests; pure.

import { type Network, networkShape } from '../../../src-main/public/device'
import { properName } from '../../../src-main/public/name'
import { checkMac, tidyMac } from '../../features/nics/nic-form'
import type { Translator } from '../../lib/translate'

/** An address that belongs to one interface, as it is being typed. */
export interface HostForm {
  /** Of the row while it is typed in. */
  readonly id: number
  readonly mac: string
  readonly address: string
  readonly name?: string | undefined
}

export interface NetworkForm {
  readonly name: string
  readonly kind: Network['kind']
  readonly address: string
  /** NaN while the field is empty. */
  readonly prefix: number
  readonly dhcp: boolean
  readonly first: string
  readonly last: string
  readonly hostLoopback: boolean
  readonly hosts: readonly HostForm[]
  readonly stopped: boolean
}

export type NetworkField = 'name' | 'address' | 'prefix' | 'first' | 'last' | 'hosts'
export type NetworkErrors = Partial<Record<NetworkField, string>>

const QUAD = /^(\d{1,3}\.){3}\d{1,3}$/

export function isQuad(text: string): boolean {
  return (
    QUAD.test(text.trim()) &&
    text
      .trim()
      .split('.')
      .every((part) => Number(part) <= 255)
  )
}

export function formOf(network: Network): NetworkForm {
  const { name, kind, address, prefix, dhcp, hostLoopback, hosts, stopped } = network
  return {
    name,
    kind,
    address,
    prefix,
    dhcp: dhcp !== undefined,
    first: dhcp?.first ?? '',
    last: dhcp?.last ?? '',
    hostLoopback,
    hosts: hosts.map((host, id) => ({ id, ...host })),
    stopped: stopped === true,
  }
}

const numberOf = (quad: string): number =>
  quad
    .trim()
    .split('.')
    .reduce((sum, part) => sum * 256 + Number(part), 0)

const quadOf = (number: number): string => [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')

/** The first and the last address that a computer may have in the network of this gateway. */
function computersOf(address: string, prefix: number): { readonly first: number; readonly last: number } {
  const size = 2 ** (32 - prefix)
  const start = Math.floor(numberOf(address) / size) * size
  return { first: start + 1, last: start + size - 2 }
}

/** The range that goes with a gateway's address: in its last number; where that is too wide or the gateway's own, what is left on its wider side. */
export function rangeFor(address: string, prefix = 24): { readonly first: string; readonly last: string } {
  const base = address.trim().split('.').slice(0, 3).join('.')
  const gateway = numberOf(address)
  const own = gateway % 256 >= 15 && gateway % 256 <= 250
  if (!isPrefix(prefix) || (prefix <= 24 && !own)) return { first: `${base}.15`, last: `${base}.250` }
  const { first, last } = computersOf(address, prefix)
  const above = last - gateway >= gateway - first
  return { first: quadOf(above ? gateway + 1 : first), last: quadOf(above ? last : gateway - 1) }
}

const isPrefix = (prefix: number): boolean => Number.isInteger(prefix) && prefix >= 16 && prefix <= 30

/** The first of 10.0.3.0/24, 10.0.4.0/24, … that no network begins in, and a name nobody has. */
export function newNetwork(others: readonly Network[]): NetworkForm {
  const taken = new Set(others.map(({ address }) => address.split('.').slice(0, 3).join('.')))
  const names = new Set(others.map(({ name }) => name))
  let third = 3
  while (taken.has(`10.0.${third}`) && third < 255) third += 1
  let number = 1
  while (names.has(`network-${number}`)) number += 1
  const base = `10.0.${third}`
  return {
    name: `network-${number}`,
    kind: 'nat',
    address: `${base}.1`,
    prefix: 24,
    dhcp: true,
    ...rangeFor(`${base}.1`),
    hostLoopback: true,
    hosts: [],
    stopped: false,
  }
}

export function networkOf(form: NetworkForm): Network {
  const { kind, prefix, hostLoopback } = form
  const hosts = form.hosts.filter(isFilled).map(({ mac, address, name }) => {
    return { mac: tidyMac(mac), address: address.trim(), ...(name !== undefined && { name }) }
  })
  const dhcp = form.dhcp ? { dhcp: { first: form.first.trim(), last: form.last.trim() } } : {}
  const stopped = form.stopped ? { stopped: true } : {}
  return { name: properName(form.name), kind, address: form.address.trim(), prefix, hosts, hostLoopback, ...dhcp, ...stopped }
}

/** Whether anything is in it yet. */
export function isFilled({ mac, address }: HostForm): boolean {
  return mac.trim() !== '' || address.trim() !== ''
}

/** One row more. */
export function withHost(hosts: readonly HostForm[], mac: string, address: string): readonly HostForm[] {
  return [...hosts, { id: Math.max(-1, ...hosts.map(({ id }) => id)) + 1, mac, address }]
}

/** What is wrong with one of them, in a network whose other fields are right. */
export function checkHost(host: HostForm, form: NetworkForm, t: Translator): string | undefined {
  const address = host.address.trim()
  const wrong = checkMac(host.mac, t) ?? (isQuad(address) ? undefined : t('network.address-bad'))
  if (wrong !== undefined || !isQuad(form.address) || !isPrefix(form.prefix)) return wrong
  const { first, last } = computersOf(form.address, form.prefix)
  const number = numberOf(address)
  if (number < first || number > last) return t('network.outside', { first: quadOf(first), last: quadOf(last) })
  if (number === numberOf(form.address)) return t('network.fixed-gateway')
  const twice = form.hosts.some(
    (other) => other.id !== host.id && (tidyMac(other.mac) === tidyMac(host.mac) || other.address.trim() === address),
  )
  return twice ? t('network.fixed-twice') : undefined
}

export function checkNetworkForm(form: NetworkForm, t: Translator): NetworkErrors {
  const errors: { -readonly [K in NetworkField]?: string } = {}
  if (!networkShape.is({ ...networkOf(form), address: '10.0.0.1', prefix: 24, hosts: [] })) errors.name = t('network.name-bad')
  if (!isQuad(form.address)) errors.address = t('network.address-bad')
  if (!isPrefix(form.prefix)) errors.prefix = t('network.prefix-hint', { count: '–' })
  if (form.dhcp && !isQuad(form.first)) errors.first = t('network.address-bad')
  if (form.dhcp && !isQuad(form.last)) errors.last = t('network.address-bad')
  const host = form.hosts
    .filter(isFilled)
    .map((each) => checkHost(each, form, t))
    .find((error) => error !== undefined)
  if (host !== undefined) errors.hosts = host
  // What is written wrong is mended first.
  return Object.keys(errors).every((field) => field === 'name' || field === 'hosts')
    ? { ...errors, ...outsideOf(form, t) }
    : errors
}

/** Gateway and range against the network they make. */
function outsideOf(form: NetworkForm, t: Translator): NetworkErrors {
  const { first, last } = computersOf(form.address, form.prefix)
  const gateway = numberOf(form.address)
  const outside = (number: number): boolean => number < first || number > last
  const words = t('network.outside', { first: quadOf(first), last: quadOf(last) })
  if (outside(gateway)) return { address: words }
  if (!form.dhcp) return {}
  const [from, to] = [numberOf(form.first), numberOf(form.last)]
  if (outside(from)) return { first: words }
  if (outside(to)) return { last: words }
  if (to < from) return { last: t('network.range-order') }
  return gateway >= from && gateway <= to ? { first: t('network.range-gateway') } : {}
}
