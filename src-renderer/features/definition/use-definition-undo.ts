// Changes of a definition can be taken back: the revision there was before it becomes the definition again.
// Invariant: what was changed after that, here or elsewhere, is not overwritten: then undoing is refused. Runs in: domain window.

import { useCallback } from 'react'
import { errorReport } from '../../../src-main/public/error-code'
import { err } from '../../../src-main/public/result'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { useWords } from '../../components/Language'
import { offerUndo, useAppStore } from '../../state/store'

/** Does a change that says whether it was done, and offers to take it back. */
export function useDefinitionUndo({ uuid, name }: DomainInfo): (change: () => Promise<boolean>) => Promise<boolean> {
  const client = useClient()
  const store = useAppStore()
  const { t } = useWords()
  return useCallback(
    async (change) => {
      const latest = async () => {
        const revisions = await client.call('revisionList', { uuid })
        return revisions.ok ? revisions.value.at(-1)?.revision : undefined
      }
      const before = await latest()
      if (!(await change())) return false
      const after = await latest()
      if (before === undefined || after === undefined || after === before) return true
      const back = async () =>
        (await latest()) === after
          ? client.call('revisionRevert', { uuid, revision: before })
          : err(errorReport('definition-changed', { name }))
      offerUndo(store, t('undo.definition', { name }), back, uuid)
      return true
    },
    [client, store, t, uuid, name],
  )
}
