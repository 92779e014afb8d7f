// A check box with its words. Runs in: every window.

import { Checkbox } from 'react-aria-components'
import { Icon } from './Icon'
import { steady } from './steady'

interface CheckProps {
  readonly label: string
  readonly value: boolean
  readonly onChange: (value: boolean) => void
  readonly disabled?: boolean
  /** The identifier of what is said of it beside it. */
  readonly describedBy?: string | undefined
}

export const Check = steady((props: CheckProps) => {
  return (
    <Checkbox
      className="checkbox"
      isSelected={props.value}
      onChange={props.onChange}
      isDisabled={props.disabled === true}
      {...(props.describedBy !== undefined && { 'aria-describedby': props.describedBy })}
    >
      <span className="checkbox-box">
        <Icon name="check" />
      </span>
      {props.label}
    </Checkbox>
  )
})
