// A short field for a port number, in rows of a table: its label is for screen readers and its place holder for eyes.
// Invariant: NaN while it is empty or no number. Runs in: every window.

import { Input, TextField } from 'react-aria-components'

export function PortInput(props: {
  readonly label: string
  readonly value: number
  readonly invalid: boolean
  readonly onChange: (value: number) => void
}) {
  return (
    <TextField
      aria-label={props.label}
      value={Number.isNaN(props.value) ? '' : String(props.value)}
      onChange={(text) => {
        const digits = text.replace(/\D/g, '').slice(0, 5)
        props.onChange(digits === '' ? Number.NaN : Number(digits))
      }}
      isInvalid={props.invalid}
      validationBehavior="aria"
    >
      <Input className="input port-input" inputMode="numeric" placeholder={props.label} autoComplete="off" />
    </TextField>
  )
}
