// A modal dialog: title, body, a row of buttons. Focus goes in, stays in, and comes back.
// Where what had the keyboard is gone (a menu that closed, a row that was deleted), it goes home.
// Invariant: Escape and a press outside do what the cancel button does, or nothing when it must not be left.
// Runs in: every window.

import { type FormEvent, type ReactNode, useEffect, useRef } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { goHome } from './home'

const FIELDS = ['input', 'textarea', '.select-button'].map((kind) => `.dialog-body ${kind}:enabled`).join()

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

/**
 * The keyboard is at what asked for it (`data-begins`), else at its first field, or its first button, which is no dangerous one. The library
 * gives it to who asked only some frames later where no key or pointer was used last.
 */
function Form(props: { readonly onSubmit: (event: FormEvent) => void; readonly children: ReactNode }) {
  const form = useRef<HTMLFormElement>(null)
  // Before the library would give it to the dialog itself, where nobody sees it.
  useEffect(() => {
    if (form.current?.contains(document.activeElement) !== false) return
    const fields = [...form.current.querySelectorAll<HTMLElement>(FIELDS)].filter(({ tabIndex }) => tabIndex >= 0)
    const asked = form.current.querySelector<HTMLElement>('[data-begins="true"]:enabled')
    const first = asked ?? fields[0] ?? form.current.querySelector<HTMLElement>('.dialog-foot button')
    first?.focus()
    if (first instanceof HTMLInputElement) first.select()
  }, [])
  return (
    <form ref={form} className="dialog" onSubmit={props.onSubmit} noValidate>
      {props.children}
    </form>
  )
}

export function Dialog(props: DialogProps) {
  useEffect(() => goHome, [])
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
          <Form onSubmit={submit}>
            <Heading slot="title" className="dialog-title" level={1}>
              {props.title}
            </Heading>
            <div className="dialog-body">{props.children}</div>
            {props.buttons !== undefined && <div className="dialog-foot">{props.buttons}</div>}
          </Form>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
