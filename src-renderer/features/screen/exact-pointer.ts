// Mouse events tell whole CSS pixels, pointer events the fraction too: at a desktop scale of 300 % a CSS pixel is three of the
// guest's. noVNC listens to mouse events, so those on its canvas are replaced by ones of the same type with the fraction.
// Invariant: a replaced event is a PointerEvent, which is never replaced again. Runs in: domain window.

const TYPES = ['mousedown', 'mouseup', 'mousemove'] as const
const SOURCES = ['pointerdown', 'pointerup', 'pointermove'] as const

/** Replaces the mouse events below `box` until the returned function is called. */
export function exactPointer(box: HTMLElement): () => void {
  const last = { x: 0, y: 0 }
  const remember = (event: PointerEvent) => {
    last.x = event.clientX
    last.y = event.clientY
  }
  // Another pointer may have moved in between: a fraction belongs to the event only within its pixel.
  const finer = (whole: number, fine: number) => (Math.floor(fine) === Math.floor(whole) ? fine : whole)
  const replace = (event: MouseEvent) => {
    if (event instanceof PointerEvent) return
    event.stopImmediatePropagation()
    const { bubbles, cancelable, composed, view, detail, screenX, screenY, button, buttons } = event
    const { ctrlKey, shiftKey, altKey, metaKey } = event
    const exact = new PointerEvent(event.type, {
      ...{ bubbles, cancelable, composed, view, detail, screenX, screenY, button, buttons, ctrlKey, shiftKey, altKey, metaKey },
      clientX: finer(event.clientX, last.x),
      clientY: finer(event.clientY, last.y),
    })
    event.target?.dispatchEvent(exact)
    if (exact.defaultPrevented) event.preventDefault()
  }
  for (const type of SOURCES) window.addEventListener(type, remember, { capture: true })
  for (const type of TYPES) box.addEventListener(type, replace, { capture: true })
  return () => {
    for (const type of SOURCES) window.removeEventListener(type, remember, { capture: true })
    for (const type of TYPES) box.removeEventListener(type, replace, { capture: true })
  }
}
