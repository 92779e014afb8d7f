// Whether there is a screen, and how large. Used by the wizard and by Details. Runs in: create-domain and domain windows.

import type { Display } from '../../../src-main/public/device'
import { useWords } from '../../components/Language'
import { SelectField } from '../../components/Select'
import { DISPLAY_MODES, displayOfKey, modeKey, modeText } from './display-form'

const NONE = 'none'

export function DisplayFields(props: {
  readonly display: Display | null
  readonly hint: string
  readonly disabled?: boolean
  /** False where there is a screen and only its size is asked for. */
  readonly none?: boolean
  readonly onChange: (display: Display | null) => void
}) {
  const { display } = props
  const { t } = useWords()
  const modes = DISPLAY_MODES.map(([width, height]) => ({ width, height }))
  const known = display === null || modes.some((mode) => modeKey(mode) === modeKey(display))
  return (
    <SelectField
      label={t('display.label')}
      value={display === null ? NONE : modeKey(display)}
      disabled={props.disabled === true}
      choices={[
        ...(props.none === false ? [] : [{ value: NONE, label: t('display.none') }]),
        ...modes.map((mode) => ({ value: modeKey(mode), label: modeText(mode) })),
        ...(known ? [] : [{ value: modeKey(display), label: modeText(display) }]),
      ]}
      onChange={(key) => props.onChange(key === NONE ? null : (displayOfKey(key) ?? display))}
      hint={props.hint}
    />
  )
}
