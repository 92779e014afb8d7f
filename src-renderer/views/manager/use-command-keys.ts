// The ways to a command that no button of the page shows: its keys, and the menu bar, which main draws. Runs in: manager window.

import { useEffect, useRef } from 'react'
import { useClient } from '../../client/Client'
import { commandOfKey } from './commands'

/** `run` does a command by its identifier, `ofKey` says which one a key means now; those of the latest rendering are called. */
export function useCommandKeys(run: (id: string) => void, ofKey: (command: string) => string): void {
  const client = useClient()
  const now = useRef({ run, ofKey })
  now.current = { run, ofKey }
  useEffect(() => client.subscribe('menuChosen', ({ command }) => now.current.run(command)), [client])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandOfKey(event)
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement
      const inDialog = event.target instanceof Element && event.target.closest('[role=dialog], [role=alertdialog]') !== null
      if (command === null || inDialog || (typing && command === 'undo')) return
      event.preventDefault()
      now.current.run(now.current.ofKey(command))
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
