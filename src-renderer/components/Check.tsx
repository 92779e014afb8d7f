// A check box with its words. Runs in: every window.

import { Checkbox } from 'react-aria-components'
import { Icon } from './Icon'

export function Check(props: {
  readonly label: string
  readonly value: boolean
  readonly onChange: (value: boolean) => void
  readonly disabled?: boolean
}) {
  return (
    <Checkbox className="checkbox" isSelected={props.value} onChange={props.onChange} isDisabled={props.disabled === true}>
      <span className="checkbox-box">
        <Icon name="check" />
      </span>
      {props.label}
    </Checkbox>
  )
}
