// Who may look at a screen with a VNC viewer: nobody, this user through a socket, this computer, or others with a password.
// Invariant: opening it to other computers is never silent: the warning stands beside the choice, before Apply.
// Runs in: domain window.

import { useState } from 'react'
import { KEYMAP_NAMES } from '../../../src-main/public/keymap'
import { Button } from '../../components/Button'
import { SegmentedField, TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { SelectField } from '../../components/Select'
import { ACCESSES, checkDisplay, type DisplayForm } from './display-form'

export function VncFields(props: {
  readonly form: DisplayForm
  readonly disabled: boolean
  readonly onChange: (change: Partial<DisplayForm>) => void
}) {
  const { form, disabled, onChange } = props
  const { t } = useWords()
  const [shown, setShown] = useState(false)
  const errors = checkDisplay(form, t)
  const { access } = form
  const isTcp = access === 'loopback' || access === 'address'
  return (
    <>
      <SegmentedField
        label={t('display.access')}
        value={access}
        choices={ACCESSES.map((value) => ({ value, label: t(`display.access-${value}`) }))}
        onChange={(next) => {
          if (!disabled) onChange({ access: next, ...(next === 'address' ? { address: '0.0.0.0' } : {}) })
        }}
        hint={t(`display.access-${access}-hint`)}
      />
      {access !== 'off' && (
        <SelectField
          label={t('display.keymap')}
          value={form.keymap}
          disabled={disabled}
          choices={KEYMAP_NAMES.map((value) => ({ value, label: t(`display.keymap-${value}`) }))}
          onChange={(keymap) => onChange({ keymap })}
          hint={t('display.keymap-hint')}
        />
      )}
      {access === 'address' && (
        <Notice tone="warn" boxed title={t('display.exposed-title')}>
          {t('display.exposed')}
        </Notice>
      )}
      {access === 'address' && (
        <TextField
          label={t('display.address')}
          value={form.address}
          mono
          disabled={disabled}
          maxLength={256}
          onChange={(address) => onChange({ address })}
          hint={t('display.address-hint')}
          error={errors.address}
        />
      )}
      {isTcp && (
        <>
          <TextField
            label={t('display.port')}
            value={form.port}
            mono
            disabled={disabled}
            maxLength={5}
            placeholder={t('display.port-auto')}
            onChange={(port) => onChange({ port })}
            hint={t('display.port-hint')}
            error={errors.port}
          />
          <TextField
            label={t('display.password')}
            value={form.password}
            secret={!shown}
            disabled={disabled}
            maxLength={64}
            onChange={(password) => onChange({ password })}
            hint={t('display.password-hint')}
            error={errors.password}
            after={<Button onPress={() => setShown(!shown)}>{t(shown ? 'display.hide' : 'display.show')}</Button>}
          />
        </>
      )}
    </>
  )
}
