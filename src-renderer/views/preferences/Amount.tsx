// A number that is stored as it is typed: only while it is within its limits; otherwise what is wrong stands below it and what was
// stored stays. Runs in: preferences window.

import { useState } from 'react'
import { NumberField } from '../../components/Field'
import { useWords } from '../../components/Language'

export function Amount(props: {
  readonly label: string
  readonly value: number
  readonly unit: string
  readonly step: number
  readonly least: number
  readonly most: number
  readonly onChange: (value: number) => void
}) {
  const { label, least, most } = props
  const { t } = useWords()
  /** What is typed and cannot be stored. */
  const [wrong, setWrong] = useState<number | null>(null)
  const range = t('preferences.number-range', { min: t.number(least), max: t.number(most) })
  return (
    <NumberField
      label={label}
      value={wrong ?? props.value}
      unit={props.unit}
      step={props.step}
      whileTyped
      smallest={least}
      largest={most}
      lessLabel={t('preferences.less', { label })}
      moreLabel={t('preferences.more', { label })}
      onChange={(value) => {
        const right = Number.isInteger(value) && value >= least && value <= most
        setWrong(right ? null : value)
        if (right) props.onChange(value)
      }}
      hint={range}
      error={wrong === null ? undefined : range}
    />
  )
}
