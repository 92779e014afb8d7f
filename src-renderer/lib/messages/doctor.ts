// The doctor's window; what it finds is in client/finding-text.ts. Runs in: every window.
import type { MessageRow } from './row'

export const doctor = {
  'doctor.title': { en: 'Doctor', de: 'Diagnose' },
  'doctor.looking': { en: 'Looking at the machine and its guests', de: 'Rechner und Gäste werden angesehen' },
  'doctor.again': { en: 'Look again', de: 'Noch einmal ansehen' },
  'doctor.report': { en: 'Collect report…', de: 'Bericht sammeln …' },
  'doctor.report-note': {
    en: 'A report is a zip file with versions, configuration and logs; passwords, your home folder, your user name and this computer’s name are removed.',
    de: 'Ein Bericht ist eine Zip-Datei mit Versionen, Konfiguration und Protokollen; Passwörter, Ihr Ordner, Ihr Benutzername und der Name dieses Rechners werden entfernt.',
  },
  'doctor.report-saved': { en: 'The report was saved: {path}', de: 'Der Bericht wurde gespeichert: {path}' },
  'doctor.fine': { en: 'Nothing is wrong.', de: 'Alles ist in Ordnung.' },
  'doctor.found-one': { en: '{count} finding', de: '{count} Befund' },
  'doctor.found-other': { en: '{count} findings', de: '{count} Befunde' },
  'doctor.machine': { en: 'This computer', de: 'Dieser Rechner' },
  'doctor.mended': { en: 'Mended.', de: 'Behoben.' },
  'doctor.open': { en: 'Open {name}', de: '{name} öffnen' },
  'doctor.checks': { en: 'Checked and found in order', de: 'Angesehen und in Ordnung' },
  'doctor.severity-error': { en: 'Error', de: 'Fehler' },
  'doctor.severity-warning': { en: 'Warning', de: 'Warnung' },
  'doctor.severity-info': { en: 'Note', de: 'Hinweis' },
  'doctor.check-space': { en: 'Free space', de: 'Freier Platz' },
  'doctor.check-pools': { en: 'Storage pools', de: 'Speicherorte' },
  'doctor.check-permissions': { en: 'Permissions', de: 'Zugriffsrechte' },
  'doctor.check-memory': { en: 'Memory', de: 'Arbeitsspeicher' },
  'doctor.check-ports': { en: 'Ports', de: 'Ports' },
  'doctor.check-electron': { en: 'Electron', de: 'Electron' },
  'doctor.check-helpers': { en: 'Helper programs', de: 'Hilfsprogramme' },
  'doctor.check-domain0': { en: 'Domain 0', de: 'Domain 0' },
  'doctor.check-domains': { en: 'Virtual machines', de: 'Virtuelle Maschinen' },
} as const satisfies Record<string, MessageRow>
