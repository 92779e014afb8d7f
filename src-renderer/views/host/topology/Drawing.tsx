// The drawing: the host, the networks, the machines with their interfaces, and the cables between. A cable is carried to another
// network with the mouse; by keyboard an interface opens a menu of the networks (arrow keys go from one interface to the next).
// Invariant: nothing is told by colour or place alone, each interface says in words where it is plugged in.
// Runs in: host window.

import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { NetworkInfo } from '../../../../src-main/public/types'
import { Icon } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { ContextMenu, type MenuPoint } from '../../../components/Menu'
import { stateLooks } from '../../../features/domain-state/state-words'
import { useHost } from '../../../state/answers'
import { type Box, cablePath, layOut, plugEnd, topOf, type View } from './layout'
import { plugDetail, plugLine, plugMenu } from './plug-words'
import { useCarry } from './use-carry'
import type { Rewire } from './use-rewire'
import type { Addresses, Plug, WiredMachine } from './wiring'

const place = ({ x, y, width, height }: Box) => ({ left: x, top: y, width, height })
const rightOf = ({ x, y, width, height }: Box) => ({ x: x + width, y: y + height / 2 })
const leftOf = ({ x, y, height }: Box) => ({ x, y: y + height / 2 })

export function Drawing(props: {
  readonly networks: readonly NetworkInfo[]
  readonly machines: readonly WiredMachine[]
  readonly addresses: Addresses
  readonly rewire: Rewire
  readonly onOpenNetwork: (name: string) => void
}) {
  const { networks, machines, addresses, rewire } = props
  const { t } = useWords()
  const host = useHost()
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<View>({ width: 0, height: 0, scrolled: 0 })
  const [current, setCurrent] = useState<string | null>(null)
  /** The interface or network under the pointer or the keyboard. */
  const [lit, setLit] = useState<string | null>(null)
  const [menu, setMenu] = useState<{ readonly plug: Plug; readonly at: MenuPoint } | null>(null)
  /** Gets the keyboard once it is drawn. */
  const wanted = useRef<string | null>(null)

  useLayoutEffect(() => {
    const node = box.current
    if (node === null) return
    const look = () => setView({ width: node.clientWidth, height: node.clientHeight, scrolled: node.scrollTop })
    look()
    const observer = new ResizeObserver(look)
    observer.observe(node)
    node.addEventListener('scroll', look, { passive: true })
    return () => {
      observer.disconnect()
      node.removeEventListener('scroll', look)
    }
  }, [])
  useEffect(() => {
    const id = wanted.current
    const target = id === null ? null : box.current?.querySelector<HTMLElement>(`[data-plug="${CSS.escape(id)}"]`)
    if (!target) return
    wanted.current = null
    target.focus({ preventScroll: true })
  })

  const names = networks.map(({ network }) => network.name)
  const stopped = new Set(networks.flatMap(({ network }) => (network.stopped === true ? [network.name] : [])))
  const layout = layOut(names, machines, view)
  const carry = useCarry(canvas, layout, rewire.plugInto)
  const { carried } = carry
  const order = machines.flatMap(({ plugs }) => plugs)
  const reached = order.find(({ id }) => id === current)?.id ?? order[0]?.id

  const openMenu = (plug: Plug, node: HTMLElement, by: MenuPoint['by']) => {
    const { left, bottom } = node.getBoundingClientRect()
    setMenu({ plug, at: { x: left + 12, y: bottom - 6, by } })
  }
  const onKey = (event: KeyboardEvent<HTMLElement>, plug: Plug) => {
    // Not left to the click that would follow: the library takes that for one of a screen reader, and focuses late.
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      return openMenu(plug, event.currentTarget, 'keyboard')
    }
    const at = order.indexOf(plug)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: order.length - 1 }[event.key]
    const next = to === undefined ? undefined : order[to]
    const node = box.current
    if (to !== undefined) event.preventDefault()
    if (next === undefined || node === null) return
    const { y, height } = topOf(machines, next.id)
    node.scrollTop = Math.min(Math.max(node.scrollTop, y + height + 8 - node.clientHeight), y - 8)
    wanted.current = next.id
    setCurrent(next.id)
  }
  const lighting = (id: string) => ({
    onPointerEnter: () => setLit(id),
    onPointerLeave: () => setLit(null),
    onBlur: () => setLit(null),
  })
  const cable = (plug: Plug, from: { x: number; y: number }, end: { x: number; y: number }) => {
    const mine = carried?.plug.id === plug.id
    const isLit = carried === null && (lit === plug.id || lit === plug.nic.network)
    const live = plug.live && !stopped.has(plug.nic.network)
    const looks = ['cable', plug.nic.link === 'down' ? 'out' : live ? 'live' : 'off']
    if (isLit) looks.push('lit')
    if (mine) looks.push('carried')
    return <path key={plug.id} className={looks.join(' ')} d={cablePath(mine ? carried : from, end)} />
  }

  return (
    <div className="topology-drawing" ref={box} data-testid="topology-drawing">
      <div className="topology-canvas" ref={canvas} style={{ width: layout.width, height: layout.height }}>
        <svg className="topology-cables" width={layout.width} height={layout.height} aria-hidden="true">
          {networks.map(({ network: { name, kind } }) => {
            const to = layout.networks.get(name)
            if (kind !== 'nat' || to === undefined || layout.host === null) return null
            return (
              <path
                key={name}
                className={`cable trunk ${stopped.has(name) ? 'off' : ''}`}
                d={cablePath(rightOf(layout.host), leftOf(to))}
              />
            )
          })}
          {layout.machines.flatMap((placed) =>
            placed.machine.plugs.map((plug, index) => {
              const network = layout.networks.get(plug.nic.network)
              return network === undefined ? null : cable(plug, rightOf(network), plugEnd(placed, index))
            }),
          )}
        </svg>
        {layout.host !== null && (
          <div className="topology-box topology-host" style={place(layout.host)}>
            <Icon name="host" />
            <span className="topology-words">
              <span className="topology-name">{t('topology.host')}</span>
              <span className="topology-what">{host?.hostName ?? ''}</span>
            </span>
          </div>
        )}
        <ul className="topology-group" aria-label={t('network.list')}>
          {networks.map(({ network: { name, kind, address, prefix, dhcp, stopped } }) => {
            const at = layout.networks.get(name)
            if (at === undefined) return null
            const count = order.filter(({ nic }) => nic.network === name).length
            return (
              <li key={name}>
                <button
                  type="button"
                  className={`topology-box topology-network ${kind} ${carried?.over === name ? 'over' : ''}`}
                  style={place(at)}
                  onClick={() => props.onOpenNetwork(name)}
                  onFocus={() => setLit(name)}
                  {...lighting(name)}
                >
                  <span className="topology-words">
                    <span className="topology-name">{name}</span>
                    <span className="topology-what topology-address">
                      <span>{t(`network.kind-${kind}`)}</span>
                      <span>
                        {' '}
                        · {address}/{prefix}
                      </span>
                    </span>
                    <span className="topology-what">
                      {t.count('topology.plugs', count)} ·{' '}
                      {stopped === true ? t('network.stopped') : dhcp === undefined ? t('topology.no-dhcp') : 'DHCP'}
                    </span>
                  </span>
                </button>
              </li>
            )
          })}
        </ul>
        <ul className="topology-group" aria-label={t('host.machines')}>
          {layout.machines.map((placed) => {
            const { uuid, name, state, plugs } = placed.machine
            const { icon, colour } = stateLooks[state]
            return (
              <li key={uuid} className="topology-box topology-machine" style={place(placed)}>
                <span className="topology-head">
                  <Icon name={icon} className={`state-${colour}`} />
                  <span className="topology-name">{name}</span>
                  <span className="topology-what">{t(`state.${state}`)}</span>
                </span>
                {plugs.map((plug) => (
                  <button
                    key={plug.id}
                    type="button"
                    data-plug={plug.id}
                    className={`topology-plug ${plug.fixed === undefined ? 'movable' : ''}`}
                    tabIndex={plug.id === reached ? 0 : -1}
                    aria-haspopup="menu"
                    onKeyDown={(event) => onKey(event, plug)}
                    onFocus={() => {
                      setCurrent(plug.id)
                      setLit(plug.id)
                    }}
                    {...lighting(plug.id)}
                    onPointerDown={(event) => carry.press(event, plug)}
                    onPointerMove={(event) => carry.move(event, plug)}
                    onPointerUp={carry.release}
                    onPointerCancel={carry.cancel}
                    onClick={(event) => {
                      const byKey = event.detail === 0
                      if (byKey || !carry.hasMoved()) openMenu(plug, event.currentTarget, byKey ? 'keyboard' : 'mouse')
                    }}
                  >
                    <span className="visually-hidden">{`${name}, `}</span>
                    <span className={`topology-socket ${plug.nic.link === 'down' ? 'out' : ''}`} aria-hidden="true" />
                    <span className="topology-words">
                      <span className="topology-plug-name">{plugLine(plug, addresses, t)}</span>{' '}
                      <span className="topology-what">{plugDetail(plug, t)}</span>
                    </span>
                    {plug.next !== undefined && <Icon name="clock" />}
                  </button>
                ))}
              </li>
            )
          })}
        </ul>
      </div>
      {menu !== null && (
        <ContextMenu
          at={menu.at}
          label={t('topology.menu', { machine: menu.plug.machine, index: menu.plug.nic.index })}
          entries={plugMenu(menu.plug, names, t)}
          onAction={(id) => {
            if (id === 'link') rewire.setLink(menu.plug, menu.plug.nic.link === 'down' ? 'up' : 'down')
            else if (id.startsWith('to ')) rewire.plugInto(menu.plug, id.slice(3))
          }}
          onClose={() => {
            wanted.current = menu.plug.id
            setMenu(null)
          }}
        />
      )}
    </div>
  )
}
