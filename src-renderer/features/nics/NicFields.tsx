// The fields of one network interface: network, MAC address, forwarded ports. Used by the wizard and by Details.
// Runs in: create-domain and domain windows.

import { Button } from '../../components/Button'
import { Check } from '../../components/Check'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { PortInput } from '../../components/RowInput'
import { Select, SelectField } from '../../components/Select'
import { useNetworks } from '../../state/answers'
import { checkForward, checkMac, type ForwardForm, type NicForm } from './nic-form'
import './nics.css'

/** Stands for "no interface" among the networks. */
export const NO_NETWORK = ''

export function NetworkSelect(props: {
  readonly value: string
  readonly none: boolean
  readonly onChange: (network: string) => void
}) {
  const { t } = useWords()
  const networks = useNetworks()
  const choices = networks.map(({ network }) => ({
    value: network.name,
    label: network.name,
    hint: t(`network.kind-${network.kind}`),
  }))
  const known = choices.some(({ value }) => value === props.value) || props.value === NO_NETWORK
  return (
    <SelectField
      label={t('nic.network')}
      value={props.value}
      choices={[
        ...choices,
        ...(known ? [] : [{ value: props.value, label: props.value, hint: t('nic.network-gone') }]),
        ...(props.none ? [{ value: NO_NETWORK, label: t('nic.none') }] : []),
      ]}
      onChange={props.onChange}
      hint={hintOf(networks.find(({ network }) => network.name === props.value)?.network.kind, t)}
    />
  )
}

function hintOf(kind: 'nat' | 'isolated' | undefined, t: ReturnType<typeof useWords>['t']): string {
  return kind === undefined ? t('nic.none-hint') : t(`network.kind-${kind}-hint`)
}

export function NicFields(props: {
  readonly form: NicForm
  /** What is still empty is wrong too, once the form was to be sent. */
  readonly strict: boolean
  readonly onChange: (change: Partial<NicForm>) => void
}) {
  const { form, onChange } = props
  const { t } = useWords()
  return (
    <>
      <TextField
        label={t('nic.mac')}
        value={form.mac}
        mono
        maxLength={17}
        onChange={(mac) => onChange({ mac })}
        hint={t('nic.mac-hint')}
        error={form.mac === '' && !props.strict ? undefined : checkMac(form.mac, t)}
      />
      <Forwards forwards={form.forwards} strict={props.strict} onChange={(forwards) => onChange({ forwards })} />
    </>
  )
}

/** The table of forwarded ports: this computer's port on the left, the guest's on the right. */
export function Forwards(props: {
  readonly forwards: readonly ForwardForm[]
  readonly strict: boolean
  readonly onChange: (forwards: readonly ForwardForm[]) => void
}) {
  const { forwards, onChange } = props
  const { t } = useWords()
  const change = (id: number, part: Partial<ForwardForm>) =>
    onChange(forwards.map((forward) => (forward.id === id ? { ...forward, ...part } : forward)))
  const add = () => {
    const id = Math.max(-1, ...forwards.map((forward) => forward.id)) + 1
    onChange([...forwards, { id, protocol: 'tcp', hostPort: Number.NaN, guestPort: Number.NaN, anyone: false }])
  }
  return (
    <div className="field forwards">
      <span className="field-label">{t('nic.forwards')}</span>
      <div className="forward-list">
        {forwards.map((forward) => {
          const { id } = forward
          const typing = Number.isNaN(forward.hostPort) || Number.isNaN(forward.guestPort)
          const error = typing && !props.strict ? undefined : checkForward(forward, forwards, t)
          return (
            <div key={id} className="forward-row">
              <Select
                label={t('nic.protocol')}
                value={forward.protocol}
                choices={[
                  { value: 'tcp', label: 'TCP' },
                  { value: 'udp', label: 'UDP' },
                ]}
                onChange={(protocol) => change(id, { protocol })}
              />
              <PortInput
                label={t('nic.host-port')}
                value={forward.hostPort}
                invalid={error !== undefined}
                onChange={(hostPort) => change(id, { hostPort })}
              />
              <span aria-hidden="true">→</span>
              <PortInput
                label={t('nic.guest-port')}
                value={forward.guestPort}
                invalid={error !== undefined}
                onChange={(guestPort) => change(id, { guestPort })}
              />
              <Check label={t('nic.anyone')} value={forward.anyone} onChange={(anyone) => change(id, { anyone })} />
              <span className="fill" />
              <Button
                kind="tool"
                icon="close"
                label={t('nic.forward-remove')}
                onPress={() => onChange(forwards.filter((each) => each.id !== id))}
              />
              {error !== undefined && <span className="forward-error">{error}</span>}
            </div>
          )
        })}
        <div className="forward-row">
          <Button icon="plus" onPress={add}>
            {t('nic.forward-add')}
          </Button>
          {forwards.length === 0 && <span className="muted small">{t('nic.forwards-hint')}</span>}
        </div>
      </div>
    </div>
  )
}
