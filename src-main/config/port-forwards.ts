// Port forwards of a network interface as libvirt writes them for its user networks (since 9.0):
//   <portForward proto='tcp' address='127.0.0.1'><range start='2222' to='22'/></portForward>
// A range of ports becomes one forward for each. Host port 0 is "a free one". Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import { type PortForward, portForwardShape } from '../public/device'
import type { ErrorReport } from '../public/error-code'
import { childrenOf, insertChild, valueAt } from './xml-path'
import { makeElement, textError, type XmlElement } from './xml-tree'

const FORWARDS_MOST = 64

function rangeOf(range: XmlElement): { readonly start: number; readonly end: number; readonly to: number } {
  const start = Number(valueAt(range, '@start') ?? Number.NaN)
  return { start, end: Number(valueAt(range, '@end') ?? start), to: Number(valueAt(range, '@to') ?? start) }
}

export function readForwards(nic: XmlElement): Result<PortForward[], ErrorReport> {
  const forwards: PortForward[] = []
  for (const element of childrenOf(nic, 'portForward')) {
    const address = valueAt(element, '@address')
    for (const range of childrenOf(element, 'range')) {
      const { start, end, to } = rangeOf(range)
      if (!(end >= start) || end - start >= FORWARDS_MOST || forwards.length >= FORWARDS_MOST) {
        return err(textError(range.line, `<range> is no range of at most ${FORWARDS_MOST} ports`))
      }
      for (let port = start; port <= end; port++) {
        const forward = {
          protocol: valueAt(element, '@proto'),
          ...(address === undefined ? {} : { hostAddress: address }),
          hostPort: port,
          guestPort: to + port - start,
        }
        if (!portForwardShape.is(forward)) {
          return err(textError(element.line, portForwardShape.explain(forward, '<portForward>') ?? 'this is no port forward'))
        }
        forwards.push(forward)
      }
    }
  }
  return ok(forwards)
}

export function writeForwards(nic: XmlElement, forwards: readonly PortForward[]): void {
  const before = readForwards(nic)
  if (before.ok && JSON.stringify(before.value) === JSON.stringify(forwards)) return
  nic.children = nic.children.filter((node) => node.kind !== 'element' || node.name !== 'portForward')
  for (const { protocol, hostAddress, hostPort, guestPort } of forwards) {
    const element = makeElement('portForward', { proto: protocol })
    if (hostAddress !== undefined) element.attributes.set('address', hostAddress)
    element.children.push(makeElement('range', { start: String(hostPort), to: String(guestPort) }))
    insertChild(nic, element)
  }
}
