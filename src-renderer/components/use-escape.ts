// Escape in a window that is a dialog: what closes it. A list that is open in it, or a dialog over it, has the key first.
// Runs in: windows of the kind.
import { useEffect, useRef } from 'react'

export function useEscape(onEscape: () => void): void {
  const latest = useRef(onEscape)
  latest.current = onEscape
  useEffect(() => {
    // Asked before anybody has the key: what it closes is gone when it arrives.
    let isOver = false
    const look = () => {
      isOver = document.querySelector('.popover, .modal-backdrop') !== null
    }
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !event.isComposing && !isOver) latest.current()
    }
    window.addEventListener('keydown', look, true)
    window.addEventListener('keydown', onKey)
    return () => {
      window.removeEventListener('keydown', look, true)
      window.removeEventListener('keydown', onKey)
    }
  }, [])
}
