// What the drawing and the list do to an interface: another network, its cable in or out. A guest that runs follows at once.
// Invariant: one step of undo for each change, and it takes back only what the change did. Runs in: host window.

import { useCallback } from 'react'
import type { Nic } from '../../../../src-main/public/device'
import { useClient } from '../../../client/Client'
import { useAnnounce } from '../../../components/Announcer'
import { useWords } from '../../../components/Language'
import { useAppStore } from '../../../state/store'
import { type Plug, withNic } from './wiring'

export interface Rewire {
  readonly plugInto: (plug: Plug, network: string) => void
  readonly setLink: (plug: Plug, link: 'up' | 'down') => void
}

export function useRewire(): Rewire {
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const announce = useAnnounce()

  const change = useCallback(
    async ({ uuid, key }: Plug, part: Partial<Pick<Nic, 'network' | 'link'>>): Promise<boolean> => {
      // Asked anew: what the window knows may be a moment old, and a change on an older definition is refused.
      const info = await client.call('domainInfo', { uuid })
      const config = info.ok ? info.value.config : null
      if (config === null) return false
      const next = withNic(config, key, part)
      if (next === undefined) return false
      const done = await client.call('domainRedefine', { uuid, config: next, base: config })
      if (!done.ok) store.dispatch({ kind: 'failed', error: done.error })
      return done.ok
    },
    [client, store],
  )

  const step = useCallback(
    async (plug: Plug, label: string, part: Partial<Nic>, back: Partial<Nic>): Promise<void> => {
      if (!(await change(plug, part))) return
      announce(label)
      store.undo.add(label, async () => void (await change(plug, back)))
    },
    [change, announce, store],
  )

  const plugInto = useCallback(
    (plug: Plug, network: string) => {
      const { machine, nic } = plug
      const before = plug.next ?? nic.network
      const label = t('topology.moved', { machine, index: nic.index, before, network })
      void step(plug, label, { network }, { network: before })
    },
    [step, t],
  )
  const setLink = useCallback(
    (plug: Plug, link: 'up' | 'down') => {
      const { machine, nic } = plug
      const label = t(link === 'up' ? 'topology.plugged' : 'topology.unplugged', { machine, index: nic.index })
      // Left out is up, and stays so in the text.
      const as = (value: 'up' | 'down') => ({ link: value === 'up' ? undefined : value })
      void step(plug, label, as(link), as(nic.link ?? 'up'))
    },
    [step, t],
  )
  return { plugInto, setLink }
}
