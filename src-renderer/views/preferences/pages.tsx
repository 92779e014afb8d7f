// The pages of the preferences but the keyboard's: fields and check boxes, each changed at once.
// Runs in: preferences window.

import { useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { IMAGE_SIZE_MOST_MIB, WRITTEN_FORMATS } from '../../../src-main/public/device'
import {
  FONT_SIZES,
  type Preferences,
  SAMPLE_SECONDS,
  SCREEN_SCALES,
  SCROLLBACK,
  THEMES,
} from '../../../src-main/public/preferences'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { Check } from '../../components/Check'
import { SegmentedField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { SelectField } from '../../components/Select'
import { DISPLAY_MODES, modeKey, modeText } from '../../features/display/display-form'
import { useHost, useNetworks } from '../../state/answers'
import { Amount } from './Amount'
import { GrabKeys } from './GrabKeys'

export interface PageProps {
  readonly preferences: Preferences
  readonly change: (part: Partial<Preferences>) => void
}

const languageChoices = ['system', 'en', 'de'] as const satisfies readonly Preferences['language'][]

export function GeneralPage({ preferences, change }: PageProps) {
  const { t } = useWords()
  const { data: about } = useQuery(callQuery(useClient(), 'aboutInfo', {}))
  const notes = about?.notifications !== false
  const why = useId()
  return (
    <>
      <SegmentedField
        label={t('preferences.theme')}
        value={preferences.theme}
        choices={THEMES.map((value) => ({ value, label: t(`preferences.theme-${value}`) }))}
        onChange={(theme) => change({ theme })}
      />
      <SegmentedField
        label={t('preferences.language')}
        value={preferences.language}
        choices={languageChoices.map((value) => ({ value, label: t(`preferences.language-${value}`) }))}
        onChange={(language) => change({ language })}
      />
      <SegmentedField
        label={t('preferences.sample')}
        value={String(preferences.sampleSeconds)}
        choices={SAMPLE_SECONDS.map((count) => ({ value: String(count), label: t('preferences.sample-every', { count }) }))}
        onChange={(seconds) => change({ sampleSeconds: Number(seconds) })}
        hint={t('preferences.sample-hint')}
      />
      <div className="preferences-checks">
        <Check label={t('preferences.tray')} value={preferences.trayIcon} onChange={(trayIcon) => change({ trayIcon })} />
        <Check
          label={t('preferences.notifications')}
          value={preferences.notifications}
          onChange={(notifications) => change({ notifications })}
          disabled={!notes}
          describedBy={notes ? undefined : why}
        />
        {!notes && (
          <p id={why} className="muted small preferences-under-check">
            {t('preferences.notifications-none')}
          </p>
        )}
      </div>
    </>
  )
}

export function ConfirmPage({ preferences, change }: PageProps) {
  const { t } = useWords()
  const rows = [
    ['confirmDestroy', 'preferences.confirm-destroy'],
    ['confirmShutdown', 'preferences.confirm-shutdown'],
    ['confirmPause', 'preferences.confirm-pause'],
    ['confirmDetach', 'preferences.confirm-detach'],
  ] as const
  return (
    <fieldset className="preferences-confirm">
      <legend>{t('preferences.confirm-title')}</legend>
      {rows.map(([name, label]) => (
        <Check key={name} label={t(label)} value={preferences[name]} onChange={(on) => change({ [name]: on })} />
      ))}
      <p className="muted">{t('preferences.confirm-always')}</p>
    </fieldset>
  )
}

const NONE = ''

export function MachinePage({ preferences, change }: PageProps) {
  const { t } = useWords()
  const host = useHost()
  const networks = useNetworks().map(({ network }) => network.name)
  const { newNetwork, newScreen } = preferences
  const known = newNetwork === NONE || networks.includes(newNetwork)
  return (
    <>
      <p className="preferences-note muted">{t('preferences.machine-note')}</p>
      <Amount
        label={t('preferences.memory')}
        value={preferences.newMemoryMiB}
        unit="MiB"
        step={64}
        least={host?.limits.minMemoryMiB ?? 16}
        most={Math.min(4096, host?.limits.maxMemoryMiB ?? 4096)}
        onChange={(newMemoryMiB) => change({ newMemoryMiB })}
      />
      <SegmentedField
        label={t('preferences.disk-format')}
        value={preferences.newDiskFormat}
        choices={WRITTEN_FORMATS.map((value) => ({ value, label: value }))}
        onChange={(newDiskFormat) => change({ newDiskFormat })}
        hint={t(`disk.format-${preferences.newDiskFormat}-hint`)}
      />
      <Amount
        label={t('preferences.disk-size')}
        value={preferences.newDiskGiB}
        unit="GiB"
        step={1}
        least={1}
        most={IMAGE_SIZE_MOST_MIB / 1024}
        onChange={(newDiskGiB) => change({ newDiskGiB })}
      />
      <SelectField
        label={t('preferences.network')}
        value={newNetwork}
        choices={[
          ...networks.map((name) => ({ value: name, label: name })),
          ...(known ? [] : [{ value: newNetwork, label: newNetwork, hint: t('nic.network-gone') }]),
          { value: NONE, label: t('nic.none') },
        ]}
        onChange={(network) => change({ newNetwork: network })}
      />
      <SelectField
        label={t('preferences.screen')}
        value={newScreen}
        choices={[
          { value: NONE, label: t('display.none') },
          ...DISPLAY_MODES.map(([width, height]) => ({
            value: modeKey({ width, height }),
            label: modeText({ width, height }),
          })),
        ]}
        onChange={(screen) => change({ newScreen: screen })}
      />
    </>
  )
}

export function ConsolePage({ preferences, change }: PageProps) {
  const { t } = useWords()
  return (
    <>
      <SegmentedField
        label={t('preferences.scale')}
        value={preferences.screenScale}
        choices={SCREEN_SCALES.map((value) => ({
          value,
          label: value === 'fullScreen' ? t('preferences.scale-full') : t(`screen.${value}`),
        }))}
        onChange={(screenScale) => change({ screenScale })}
        hint={t('preferences.scale-hint')}
      />
      <GrabKeys value={preferences.grabKeys} onChange={(grabKeys) => change({ grabKeys: [...grabKeys] })} />
      <Amount
        label={t('preferences.font')}
        value={preferences.consoleFontSize}
        unit="px"
        step={1}
        least={FONT_SIZES.least}
        most={FONT_SIZES.most}
        onChange={(consoleFontSize) => change({ consoleFontSize })}
      />
      <Amount
        label={t('preferences.scrollback')}
        value={preferences.consoleScrollback}
        unit={t('preferences.lines')}
        step={1000}
        least={SCROLLBACK.least}
        most={SCROLLBACK.most}
        onChange={(consoleScrollback) => change({ consoleScrollback })}
      />
    </>
  )
}
