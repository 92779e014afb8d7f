// A modal dialog: title, body, a row of buttons. Focus goes in, stays in, and comes back.
// Where what had the keyboard is gone (a menu that closed), it goes to the element marked with data-home.
// Invariant: Escape and a press outside do what the cancel button does, or nothing when it must not be left.
// Runs in: every window.

import { type FormEvent, type ReactNode, useEffect } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'

export interface DialogProps {
  readonly title: string
  readonly children: ReactNode
  readonly buttons?: ReactNode
  readonly width?: number
  readonly alert?: boolean
  readonly closable?: boolean
  readonly onClose: () => void
  readonly onSubmit?: () => void
}

/** After the library has had its turn at giving the keyboard back. */
function useHome(): void {
  useEffect(
    () => () => {
      setTimeout(() => {
        const lost = document.activeElement === null || document.activeElement === document.body
        const home = document.querySelector('[data-home]')
        if (lost && home instanceof HTMLElement) home.focus()
      }, 50)
    },
    [],
  )
}

export function Dialog(props: DialogProps) {
  useHome()
  const closable = props.closable !== false
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // A dialog over another one is below it for React: its answer is not the other's.
    event.stopPropagation()
    props.onSubmit?.()
  }
  return (
    <ModalOverlay
      className="modal-backdrop"
      isOpen
      isDismissable={false}
      isKeyboardDismissDisabled={!closable}
      onOpenChange={(open) => {
        if (!open) props.onClose()
      }}
    >
      <Modal className="modal" style={{ width: props.width ?? 460 }}>
        <AriaDialog className="dialog" role={props.alert === true ? 'alertdialog' : 'dialog'}>
          <form className="dialog" onSubmit={submit} noValidate>
            <Heading slot="title" className="dialog-title" level={1}>
              {props.title}
            </Heading>
            <div className="dialog-body">{props.children}</div>
            {props.buttons !== undefined && <div className="dialog-foot">{props.buttons}</div>}
          </form>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
