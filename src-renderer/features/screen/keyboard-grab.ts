// Whether the keyboard belongs to the guest, and how it comes back: the keys of its preference
// (Ctrl and Alt on the left, as in virt-manager), pressed and let go together with no other. Everything else that is typed while it belongs to the guest goes to the guest.
// Invariant: when the keyboard leaves, for whatever reason, no key stays down in the guest.
// Runs in: domain window.

export interface GrabEvents {
  readonly onGrab: (grabbed: boolean) => void
  /** The chord: where the keyboard goes is the listener's to say. */
  readonly onRelease: () => void
  /** Codes of the keys of the chord. */
  readonly chord: () => readonly string[]
}

/** Watches the keys on their way to the guest's canvas in `box`; returns the function that ends it. */
export function watchGrab(box: HTMLElement, events: GrabEvents): () => void {
  const down = new Map<string, KeyboardEvent>()
  let armed = false

  const letGo = () => {
    const canvas = box.querySelector('canvas')
    for (const { code, key } of [...down.values()]) {
      canvas?.dispatchEvent(new KeyboardEvent('keyup', { code, key, bubbles: false, cancelable: true }))
    }
    down.clear()
    armed = false
  }
  const onDown = (event: KeyboardEvent) => {
    if (!event.isTrusted) return
    down.set(event.code, event)
    const chord = events.chord()
    armed = down.size === chord.length && chord.every((code) => down.has(code))
  }
  const onUp = (event: KeyboardEvent) => {
    if (!event.isTrusted) return
    if (armed && events.chord().includes(event.code)) {
      letGo()
      events.onRelease()
    } else down.delete(event.code)
  }
  const onIn = () => events.onGrab(true)
  const onOut = () => {
    letGo()
    events.onGrab(false)
  }
  box.addEventListener('keydown', onDown, true)
  box.addEventListener('keyup', onUp, true)
  box.addEventListener('focusin', onIn)
  box.addEventListener('focusout', onOut)
  return () => {
    box.removeEventListener('keydown', onDown, true)
    box.removeEventListener('keyup', onUp, true)
    box.removeEventListener('focusin', onIn)
    box.removeEventListener('focusout', onOut)
  }
}
