// One notification of the system's, where the desktop has them. Runs in: main (Electron).
import { Notification } from 'electron'
import type { Note } from './notifications'

/** Shown ones are kept until they are gone: one that was collected would not answer a click. */
const shown = new Set<Notification>()

/** Whether notifications appear: on Linux Electron needs libnotify for them, and looks for it. */
export function desktopShowsNotes(): boolean {
  return Notification.isSupported()
}

export function showOnDesktop({ title, body }: Note, icon: string, onClick: () => void): void {
  if (!desktopShowsNotes()) return
  const note = new Notification({ title, body, icon })
  const gone = (): void => void shown.delete(note)
  note.on('click', () => {
    gone()
    onClick()
  })
  note.on('close', gone)
  note.on('failed', gone)
  shown.add(note)
  note.show()
}
