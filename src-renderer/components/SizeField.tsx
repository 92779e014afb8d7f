// The size of a disk or volume: a number and its unit, which is chosen beside it. Every size of the app is entered here, so that none counts
// otherwise than its neighbour.
// Invariant: choosing another unit changes how the size is written, not the size; parts of a unit may be typed (1.5 GiB).
// Runs in: every window.

import { useState } from 'react'
import { NumberField } from './Field'
import { useWords } from './Language'
import { Select } from './Select'

/** MiB in one of each; what the toolstack counts in is the smallest that is offered. */
const UNITS = { MiB: 1, GiB: 1024, TiB: 1024 * 1024 } as const
type Unit = keyof typeof UNITS
const choices = (['MiB', 'GiB', 'TiB'] as const).map((value) => ({ value, label: value }))

/** The largest unit of which the size is a whole number. */
export function unitOf(sizeMiB: number): Unit {
  if (!Number.isFinite(sizeMiB)) return 'GiB'
  const whole = choices.filter(({ value }) => sizeMiB >= UNITS[value] && sizeMiB % UNITS[value] === 0)
  return whole.at(-1)?.value ?? 'MiB'
}

interface SizeFieldProps {
  readonly label: string
  /** NaN while the field is empty. */
  readonly sizeMiB: number
  readonly smallestMiB: number
  readonly largestMiB: number
  readonly disabled?: boolean
  readonly hint?: string
  readonly error?: string | undefined
  readonly onChange: (sizeMiB: number) => void
}

export function SizeField(props: SizeFieldProps) {
  const { sizeMiB, onChange } = props
  const { t } = useWords()
  const [unit, setUnit] = useState<Unit>(() => unitOf(sizeMiB))
  const mib = UNITS[unit]
  return (
    <NumberField
      label={props.label}
      value={sizeMiB / mib}
      unit={
        <Select
          label={t('size.unit', { label: props.label })}
          value={unit}
          choices={choices}
          onChange={setUnit}
          disabled={props.disabled === true}
        />
      }
      step={1}
      whileTyped
      fractionDigits={unit === 'MiB' ? 0 : 3}
      smallest={props.smallestMiB / mib}
      largest={props.largestMiB / mib}
      lessLabel={t('size.smaller')}
      moreLabel={t('size.larger')}
      disabled={props.disabled === true}
      onChange={(value) => onChange(Math.round(value * mib))}
      {...(props.hint !== undefined && { hint: props.hint })}
      error={props.error}
    />
  )
}
