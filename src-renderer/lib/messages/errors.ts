// What follows from an error, and the buttons that mend it or lead to where it is mended. Causes and advice are in client/error-text.ts.
// Runs in: every window.
import type { MessageRow } from './row'

export const errors = {
  'effect.unchanged': { en: 'Nothing was changed.', de: 'Es wurde nichts geändert.' },
  'effect.aside': { en: 'Everything else was loaded.', de: 'Alles andere wurde geladen.' },
  'effect.defaults': { en: 'Everything else is as it was.', de: 'Alles andere ist, wie es war.' },
  'effect.off': { en: 'It does nothing until it is started again.', de: 'Sie tut nichts, bis sie wieder gestartet wird.' },
  'effect.on': { en: 'The machine runs on.', de: 'Die Maschine läuft weiter.' },
  'effect.maybe': { en: 'It may be done all the same.', de: 'Vielleicht geschieht es trotzdem noch.' },
  'effect.no-devices': {
    en: 'Guests have no disks, networks and consoles.',
    de: 'Gäste haben keine Platten, Netze und Konsolen.',
  },
  'effect.guests-on': { en: 'Nothing was lost.', de: 'Nichts ging verloren.' },
  'effect.disks-kept': { en: 'Its disks are whole.', de: 'Ihre Platten sind heil.' },
  'effect.partly': { en: 'All else works.', de: 'Alles andere geht.' },
  'effect.insecure': { en: 'It will do for trying things out.', de: 'Zum Ausprobieren genügt es.' },

  'mend.doctor': { en: 'Ask the doctor', de: 'Diagnose öffnen' },
  'mend.details': { en: 'Open Details', de: 'Details öffnen' },
  'mend.log': { en: 'Open the log', de: 'Protokoll öffnen' },
  'mend.console': { en: 'Open {name}', de: '{name} öffnen' },
  'mend.snapshots': { en: 'Open Snapshots', de: 'Sicherungspunkte öffnen' },
  'mend.networks': { en: 'Open Virtual networks', de: 'Virtuelle Netze öffnen' },
  'mend.storage': { en: 'Open Storage', de: 'Datenspeicher öffnen' },
  'mend.network-start': { en: 'Start the network', de: 'Netz starten' },
  'mend.repair': { en: 'Repair it', de: 'Reparieren' },
  'mend.pause': { en: 'Pause it', de: 'Anhalten' },
  'mend.connect': { en: 'Connect', de: 'Verbinden' },
  'mend.create': { en: 'New virtual machine', de: 'Neue virtuelle Maschine' },
  'mend.fresh': { en: 'Discard and start…', de: 'Verwerfen und starten …' },
  'mend.file': { en: 'Show the file', de: 'Datei zeigen' },
  'mend.restore': { en: 'Restore it', de: 'Wiederherstellen' },
} as const satisfies Readonly<Record<string, MessageRow>>
