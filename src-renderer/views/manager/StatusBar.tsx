// The line at the bottom of the manager window: how many machines there are, run and are chosen, and what this computer is.
// Runs in: manager window.

import { useWords } from '../../components/Language'
import { useHost } from '../../state/answers'

export function StatusBar(props: {
  /** null until they are known. */
  readonly guests: { readonly count: number; readonly running: number } | null
  /** Said when there are several. */
  readonly chosen: number
}) {
  const { t, formats } = useWords()
  const { guests, chosen } = props
  const host = useHost()
  return (
    <footer className="status-bar">
      {guests !== null && <span>{t.count('manager.guests', guests.count)}</span>}
      {guests !== null && <span>{t.count('manager.running', guests.running)}</span>}
      {chosen > 1 && <span>{t('manager.chosen', { count: t.number(chosen) })}</span>}
      {host !== null && (
        <span className="last">
          {t('manager.host', { name: host.hostName, cpus: host.cpus, memory: formats.memory(host.memoryMiB * 1024 * 1024) })}
        </span>
      )}
    </footer>
  )
}
