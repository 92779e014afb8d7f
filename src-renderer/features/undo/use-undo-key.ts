// Ctrl+Z takes back what was done last in this window and is named by the bar, or has it named; but not in a field that has an undo of its own. Runs in: host and networks windows,
// and details of a machine.

import { useEffect } from 'react'
import { useAppStore } from '../../state/store'

export function useUndoKey(): void {
  const { undo } = useAppStore()
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isUndo = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey
      const { target } = event
      const inField =
        (target instanceof HTMLInputElement && target.type !== 'checkbox' && target.type !== 'radio') ||
        target instanceof HTMLTextAreaElement ||
        (target instanceof HTMLElement && target.isContentEditable)
      const inDialog = target instanceof Element && target.closest('[role=dialog], [role=alertdialog]') !== null
      if (!isUndo || inField || inDialog) return
      event.preventDefault()
      void undo.undoOffered()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [undo])
}
