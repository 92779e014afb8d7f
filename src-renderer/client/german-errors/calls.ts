// German of the errors of calls, jobs and processes. Runs in: renderer and tests; pure.
import type { callErrors } from '../../../src-main/public/errors/calls'
import type { GermanOf } from './german-row'

export const germanCallErrors: GermanOf<typeof callErrors> = {
  internal: { cause: 'Ringmaster hat einen Fehler gemacht: {detail}.', action: 'Bitte mit dem Protokoll melden.' },
  'no-such-call': { cause: 'Es gibt keinen Aufruf namens „{call}“.', action: 'Beide Seiten auf denselben Stand bringen.' },
  'bad-arguments': {
    cause: 'Die Argumente von „{call}“ sind falsch: {detail}.',
    action: 'Berichtigen und noch einmal versuchen.',
  },
  'not-allowed': { cause: 'Dieses Fenster darf „{call}“ nicht verwenden.', action: 'Das dafür gemachte Fenster verwenden.' },
  'path-not-chosen': {
    cause: 'Die Datei {path} wurde nicht in einem Dateidialog gewählt.',
    action: 'Die Datei noch einmal wählen.',
  },
  'job-past-return': {
    cause: 'Das lässt sich nicht mehr abbrechen: Was es ändert, wird schon geändert.',
    action: 'Warten, bis es fertig ist; danach lässt sich ändern, was es getan hat.',
  },
  'no-job': { cause: 'Es gibt keinen Auftrag Nummer {job}.', action: 'Er ist wohl schon zu Ende.' },
  cancelled: { cause: 'Der Vorgang wurde abgebrochen.', action: 'Nichts wurde verändert; er kann jederzeit neu beginnen.' },
  'timed-out': {
    cause: 'In {seconds} Sekunden kam keine Antwort: {operation}.',
    action: 'Noch einmal versuchen oder das Ausschalten erzwingen.',
  },
  unsupported: { cause: 'Dieser Hypervisor kann das nicht: {operation}.', action: 'Einen anderen Weg nehmen.' },
  'engine-said': { cause: 'Der Hypervisor meldet: {detail}.', action: 'Das Protokoll der Maschine ansehen.' },
  'process-died': {
    cause: 'Der Prozess von „{name}“ ist unerwartet zu Ende gegangen ({detail}).',
    action: 'Das Protokoll ansehen, dann die Maschine neu starten.',
  },
  'socket-refused': {
    cause: 'Die Befehlszeile erreicht diese Anwendung nicht: {path} lässt sich nicht öffnen ({detail}).',
    action: 'Die Fenster sind nicht betroffen; das berichtigen und Ringmaster neu starten.',
  },
  'domain0-restarted': {
    cause: 'Domain 0 ist unerwartet zu Ende gegangen ({detail}) und wurde neu gestartet.',
    action: 'Es ist nichts zu tun: Die Gäste laufen weiter, Konsolen verbinden sich von selbst.',
  },
  'domain0-away': {
    cause: 'Domain 0 endete, während sie das tun sollte.',
    action: 'Sie wird von selbst neu gestartet: gleich noch einmal versuchen.',
  },
  'domain0-gone': {
    cause: 'Domain 0 geht immer wieder zu Ende ({detail}).',
    action: 'In der Diagnose noch einmal starten; endet sie wieder, dort einen Bericht sammeln.',
  },
  'old-electron': {
    cause:
      'Dies ist das alte Electron {version} ohne Sicherheitsaktualisierungen, weil das aktuelle nicht geladen werden konnte.',
    action: 'Sobald es ein Netz gibt, „npm run electron:update“ ausführen.',
  },
}
