// How a device stands: there now, at the next start, or attached to a guest whose driver has not taken it, which would look the same
// from outside and explains why nothing of it is seen inside. A driver that is just taking it is given its time: nothing flashes.
// Runs in: domain window.

import { useEffect, useMemo, useState } from 'react'
import { type Device, deviceKey } from '../../../../src-main/public/device'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useWords } from '../../../components/Language'
import { findNode, parseStore, plainValue } from '../../../lib/store-tree'
import { useXenStore } from '../use-xen-store'
import type { DeviceStanding } from './edits'

/** XenbusStateConnected of Xen's io/xenbus.h. */
const CONNECTED = '4'
/** The modules of Linux that have the frontends. */
const DRIVERS = { vbd: 'xen-blkfront', vif: 'xen-netfront' } as const

const TAKING_MS = 3000

interface MarkProps {
  readonly domain: DomainInfo
  readonly device: Device
  readonly standing: DeviceStanding
}

export function DeviceStandingMark(props: MarkProps) {
  const { standing, device } = props
  const { t } = useWords()
  // A screen says on its own page whether the guest draws.
  if (standing === 'now' && device.kind !== 'vfb') return <TakenMark {...props} driver={DRIVERS[device.kind]} />
  return <span className={`details-standing ${standing}`}>{t(`details.standing-${standing}`)}</span>
}

function TakenMark({ domain, device, driver }: MarkProps & { readonly driver: string }) {
  const { t } = useWords()
  const text = useXenStore(domain).data?.text
  const path = `/local/domain/0/backend/${deviceKey(device).replace('/', `/${domain.domid}/`)}/state`
  const state = useMemo(() => (text === undefined ? undefined : findNode(parseStore(text), path)), [text, path])
  const waits = state !== undefined && plainValue(state.value) !== CONNECTED
  const [late, setLate] = useState(false)
  useEffect(() => {
    if (!waits) return setLate(false)
    const timer = setTimeout(() => setLate(true), TAKING_MS)
    return () => clearTimeout(timer)
  }, [waits])
  return (
    <span className={`details-standing ${late ? 'waiting' : 'now'}`}>
      {late ? t('details.standing-waiting', { driver }) : t('details.standing-now')}
    </span>
  )
}
