// A short field in a row of a table: its label is for screen readers and its place holder for eyes. Of text as it is written, or of a
// port number. Runs in: every window.

import { Input, TextField } from 'react-aria-components'

export interface RowInputProps<T> {
  readonly label: string
  readonly value: T
  readonly invalid: boolean
  readonly onChange: (value: T) => void
}

const PORT_DIGITS = 5

/** `kind`: an address, as it is written from left to right in every language, or digits. `most` characters. */
export function RowInput(props: RowInputProps<string> & { readonly kind: 'address' | 'port'; readonly most: number }) {
  const { label, kind } = props
  return (
    <TextField
      aria-label={label}
      value={props.value}
      maxLength={props.most}
      onChange={props.onChange}
      isInvalid={props.invalid}
      validationBehavior="aria"
    >
      {kind === 'port' ? (
        <Input className="input port-input" inputMode="numeric" placeholder={label} autoComplete="off" />
      ) : (
        <Input className="input mono" dir="ltr" placeholder={label} spellCheck={false} autoComplete="off" />
      )}
    </TextField>
  )
}

/** A port number; NaN while it is empty or no number. */
export function PortInput(props: RowInputProps<number>) {
  const { value, onChange } = props
  const typed = (text: string): void => {
    const digits = text.replace(/\D/g, '').slice(0, PORT_DIGITS)
    onChange(digits === '' ? Number.NaN : Number(digits))
  }
  // What is pasted may have more than digits, so its length is not limited here.
  return <RowInput {...props} kind="port" most={256} value={Number.isNaN(value) ? '' : String(value)} onChange={typed} />
}
