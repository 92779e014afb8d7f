// German of the errors of connections to hypervisors. Runs in: renderer and tests; pure.
import type { connectionErrors } from '../../../src-main/public/errors/connections'
import type { GermanOf } from './german-row'

export const germanConnectionErrors: GermanOf<typeof connectionErrors> = {
  'no-connection': {
    cause: 'Es gibt keine Verbindung mit der Kennung {connection}.',
    action: 'Vielleicht wurde sie entfernt; ein Blick in die Liste zeigt es.',
  },
  'not-connected': { cause: '„{name}“ ist nicht verbunden.', action: 'Erst verbinden.' },
  'connection-failed': {
    cause: '„{name}“ kann nicht verbunden werden: {detail}.',
    action: 'Den Grund beseitigen und noch einmal verbinden.',
  },
  'connection-state': { cause: '„{name}“ ist verbunden oder wird es gerade.', action: 'Erst trennen.' },
  'connection-busy': {
    cause: 'Aufträge von „{name}“ sind noch an der Arbeit.',
    action: 'Warten, bis sie zu Ende sind, oder sie abbrechen.',
  },
  'connection-in-use': {
    cause: 'Diese Maschinen von „{name}“ laufen: {guests}.',
    action: 'Sagen, was aus ihnen wird: speichern, herunterfahren oder hart ausschalten.',
  },
  'connection-name-exists': { cause: 'Eine Verbindung namens „{name}“ gibt es schon.', action: 'Einen anderen Namen wählen.' },
  'connection-permanent': {
    cause: '„{name}“ ist von Anfang an da und bleibt: ihr Ordner ist der der Anwendung selbst.',
    action: 'Sie trennen und ausschalten, dass sie mit der Anwendung verbunden wird.',
  },
  'connection-driver': {
    cause: 'Womit „{name}“ verbindet, bleibt, wie es angelegt wurde.',
    action: 'Eine weitere Verbindung hinzufügen.',
  },
  'too-many-connections': {
    cause: 'Es kann bis zu {most} Verbindungen geben.',
    action: 'Eine entfernen, die nicht gebraucht wird.',
  },
  'connections-corrupt': {
    cause: 'Die Liste der Verbindungen war beschädigt ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Die Verbindungen noch einmal hinzufügen; ihre Ordner sind, wie sie waren.',
  },
  'connections-newer': {
    cause: 'Die Liste der Verbindungen stammt von einer neueren Version und wurde als {kept} beiseitegelegt.',
    action: 'Ringmaster aktualisieren oder die Verbindungen noch einmal hinzufügen.',
  },
}
