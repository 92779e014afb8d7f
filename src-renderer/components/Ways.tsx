// One of a few ways, each with a line that says what it means; those that cannot be chosen stay, greyed, with the reason there.
// Runs in: every window.

import { Radio, RadioGroup } from 'react-aria-components'
import { onlyChoice } from './only-key'

export interface Way<T extends string> {
  readonly value: T
  readonly name: string
  readonly hint: string
  readonly disabled?: boolean
}

export function Ways<T extends string>(props: {
  readonly label: string
  readonly value: T
  readonly ways: readonly Way<T>[]
  /** The chosen one has the keyboard when it is shown. */
  readonly autoFocus?: boolean
  readonly onChange: (value: T) => void
}) {
  const { ways } = props
  return (
    <RadioGroup className="ways" aria-label={props.label} value={props.value} onChange={onlyChoice(ways, props.onChange)}>
      {ways.map(({ value, name, hint, disabled }) => (
        <Radio
          key={value}
          value={value}
          className="way"
          isDisabled={disabled === true}
          autoFocus={props.autoFocus === true && value === props.value}
        >
          <span className="radio-dot" />
          <span>
            <span className="way-name">{name}</span>
            <span className="way-hint">{hint}</span>
          </span>
        </Radio>
      ))}
    </RadioGroup>
  )
}
