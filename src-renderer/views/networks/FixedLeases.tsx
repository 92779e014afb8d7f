// Addresses of a network that belong to one interface each, by its MAC address: DHCP always gives it that one, also after a long time
// off. Filled in by hand, or kept from what an interface has now. Runs in: networks and host windows.

import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { RowInput } from '../../components/RowInput'
import '../../features/nics/nics.css'
import { checkHost, type HostForm, isFilled, type NetworkForm, withHost } from './network-form'

export function FixedLeases(props: { readonly form: NetworkForm; readonly onChange: (hosts: readonly HostForm[]) => void }) {
  const { form, onChange } = props
  const { hosts } = form
  const { t } = useWords()
  const change = (id: number, part: Partial<HostForm>) =>
    onChange(hosts.map((host) => (host.id === id ? { ...host, ...part } : host)))
  return (
    <div className="field forwards">
      <span className="field-label">{t('network.fixed')}</span>
      <div className="forward-list">
        {hosts.map((host) => {
          const { id, mac, address } = host
          // A row that has just been added is not scolded before anything is in it.
          const error = isFilled(host) ? checkHost(host, form, t) : undefined
          return (
            <div key={id} className="forward-row fixed-lease">
              <RowInput
                kind="address"
                label={t('nic.mac')}
                value={mac}
                most={17}
                invalid={error !== undefined}
                onChange={(value) => change(id, { mac: value })}
              />
              <span aria-hidden="true">→</span>
              <RowInput
                kind="address"
                label={t('network.lease-address')}
                value={address}
                most={15}
                invalid={error !== undefined}
                onChange={(value) => change(id, { address: value })}
              />
              <span className="fill" />
              <Button
                kind="tool"
                icon="close"
                label={t('network.fixed-remove')}
                onPress={() => onChange(hosts.filter((each) => each.id !== id))}
              />
              {error !== undefined && <span className="forward-error">{error}</span>}
            </div>
          )
        })}
        <div className="forward-row">
          <Button icon="plus" disabled={!form.dhcp} onPress={() => onChange(withHost(hosts, '', ''))}>
            {t('network.fixed-add')}
          </Button>
          {hosts.length === 0 && <span className="muted small">{t('network.fixed-hint')}</span>}
        </div>
      </div>
    </div>
  )
}
