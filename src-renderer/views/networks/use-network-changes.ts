// Making, changing and deleting virtual networks, each with its way back.
// Invariant: undoing takes back only what was done here: a network that was changed elsewhere since is left as it is, and that is
// said. Runs in: networks and host windows.

import { useMemo } from 'react'
import type { Network } from '../../../src-main/public/device'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { Result } from '../../../src-main/public/result'
import { useClient } from '../../client/Client'
import { useWords } from '../../components/Language'
import { offerUndo, useAppStore } from '../../state/store'

type Done = Promise<Result<null, ErrorReport>>

export interface NetworkChanges {
  /** A new one, or in place of `before`. */
  readonly define: (network: Network, before: Network | null) => Done
  readonly undefine: (network: Network) => Done
  /** Switched on or off, as it is defined now. */
  readonly run: (network: Network, on: boolean) => Done
}

export function useNetworkChanges(): NetworkChanges {
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  return useMemo(() => {
    const define = (network: Network, before: Network | null): Done =>
      client.call('networkDefine', {
        network,
        replaces: before?.name ?? null,
        ...(before !== null && { base: before }),
      })
    const undefine = (network: Network): Done => client.call('networkUndefine', { name: network.name, base: network })
    const step = async (done: Done, label: string, back: () => Done): Done => {
      const result = await done
      if (result.ok) offerUndo(store, label, back)
      return result
    }
    return {
      define: (network, before) =>
        before === null
          ? step(define(network, null), t('undo.network-made', { name: network.name }), () => undefine(network))
          : step(define(network, before), t('undo.network-changed', { name: network.name }), () => define(before, network)),
      run: (before, on) => {
        const { stopped: _stopped, ...running } = before
        const network: Network = on ? running : { ...running, stopped: true }
        const { name } = network
        return step(define(network, before), t(on ? 'undo.network-started' : 'undo.network-stopped', { name }), () =>
          define(before, network),
        )
      },
      undefine: (network) =>
        step(undefine(network), t('undo.network-deleted', { name: network.name }), () => define(network, null)),
    }
  }, [client, store, t])
}
