// Taking a device away, also by force where a guest does not let go.
// Invariant: that its file stays is said before; force is offered only after the guest did not let go. Runs in: domain window.

import { useState } from 'react'
import type { ErrorReport } from '../../../../src-main/public/error-code'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { Button } from '../../../components/Button'
import { goToList } from '../../../components/home'
import { useWords } from '../../../components/Language'
import { Notice } from '../../../components/Notice'
import { Question } from '../../../components/Question'
import { usePreferences } from '../../../state/answers'
import { useAppStore } from '../../../state/store'
import type { ListedDevice } from './edits'
import { deviceName } from './words'

export function RemoveDevice(props: { readonly domain: DomainInfo; readonly listed: ListedDevice }) {
  const { domain, listed } = props
  const { device, key } = listed
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const { confirmDetach } = usePreferences()
  const [asking, setAsking] = useState(false)
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const [busy, setBusy] = useState(false)
  const close = () => {
    setAsking(false)
    setRefusal(null)
  }
  const remove = async (force: boolean) => {
    setBusy(true)
    const result = await client.call('deviceDetach', { uuid: domain.uuid, key, force })
    setBusy(false)
    if (result.ok) {
      close()
      return goToList()
    }
    if (result.error.reason === 'detach-timeout') {
      setAsking(true)
      return setRefusal(result.error)
    }
    close()
    store.dispatch({ kind: 'failed', error: result.error })
  }
  const live = domain.running !== null && device.kind !== 'vfb'
  return (
    <>
      <Button
        icon="trash"
        disabled={busy || !domain.operations.includes('detachDevice') || listed.standing === 'leaving'}
        onPress={() => (confirmDetach ? setAsking(true) : void remove(false))}
      >
        {t('details.remove')}
      </Button>
      {asking && (
        <Question
          title={t('details.remove-title', { device: deviceName(device, t), name: domain.name })}
          yes={t(refusal === null ? 'details.remove' : 'details.remove-force')}
          busy={busy}
          onAnswer={(yes) => (yes ? void remove(refusal !== null) : close())}
        >
          <p>{t(live ? 'details.remove-live' : 'details.remove-next')}</p>
          {device.kind === 'vbd' && device.path !== '' && <p>{t('details.remove-file', { path: device.path })}</p>}
          {refusal !== null && (
            <Notice tone="warn" boxed>
              {t('details.remove-timeout')}
            </Notice>
          )}
        </Question>
      )}
    </>
  )
}
