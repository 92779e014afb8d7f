// German of the errors of files: those that the user named, and the app’s own. Runs in: renderer and tests; pure.
import type { fileErrors } from '../../../src-main/public/errors/files'
import type { GermanOf } from './german-row'

export const germanFileErrors: GermanOf<typeof fileErrors> = {
  'file-unreadable': {
    cause: 'Die Datei {path} kann nicht gelesen werden: {detail}.',
    action: 'Prüfen, ob es sie gibt und ob sie gelesen werden darf.',
  },
  'file-unwritable': {
    cause: 'Die Datei {path} kann nicht geschrieben werden: {detail}.',
    action: 'Ordner, Rechte und freien Platz prüfen.',
  },
  'disk-full': { cause: 'Für {path} ist kein Platz mehr.', action: 'Platz schaffen oder einen anderen Ordner wählen.' },
  'file-exists': {
    cause: 'Die Datei {path} gibt es schon.',
    action: 'Einen anderen Namen wählen; nichts wurde überschrieben.',
  },
  'file-not-allowed': {
    cause: 'Es wurde nicht erlaubt, dass ein Gast in {path} schreibt.',
    action: 'Die Datei mit „Durchsuchen …“ wählen oder die Platte nur lesbar machen.',
  },
  'file-kind-unknown': {
    cause:
      'Was {path} ist, lässt sich nicht erkennen: weder Kernel, Ramdisk, Plattenabbild, gesicherte Maschine noch Konfiguration.',
    action: '„Neue virtuelle Maschine“ öffnen und die Datei dort als das wählen, was sie ist.',
  },
  'folder-is-file': {
    cause:
      'Wo der Ordner {path} der Anwendung sein sollte, war eine Datei; sie liegt jetzt unter {kept}, und der Ordner beginnt leer.',
    action: 'Diese Datei ansehen; was früher im Ordner war, muss aus einer eigenen Sicherung kommen.',
  },
  'definition-corrupt': {
    cause: 'Die Definition {path} ist beschädigt ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Diese Datei berichtigen oder die Maschine neu anlegen.',
  },
  'definition-newer': {
    cause: 'Die Definition {path} stammt von einer neueren Version und wurde als {kept} beiseitegelegt.',
    action: 'Ringmaster aktualisieren und diese Datei wieder importieren.',
  },
  'trash-unreadable': {
    cause: '„{name}“ kann nicht aus dem Papierkorb wiederhergestellt werden: {detail}.',
    action: 'Die Dateien im Ordner des Papierkorbs ansehen oder ihn leeren.',
  },
  'preferences-corrupt': {
    cause: 'Eine Datei mit Einstellungen war beschädigt ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Es gelten die Vorgaben; Geändertes muss neu eingestellt werden.',
  },
  'preferences-newer': {
    cause: 'Eine Datei mit Einstellungen stammt von einer neueren Fassung von Ringmaster und wurde als {kept} beiseitegelegt.',
    action: 'Es gelten die Vorgaben. Mit einem neueren Ringmaster und dem alten Namen der Datei gelten sie wieder.',
  },
  'metadata-corrupt': {
    cause: 'Die Datei mit Ordner und Tags einer Maschine war nicht lesbar ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Die Maschine noch einmal in ihren Ordner legen.',
  },
  'saved-files-damaged': {
    cause:
      'Das Verzeichnis der Dateien, in die Maschinen gesichert wurden, war beschädigt ({detail}) und wurde als {kept} beiseitegelegt.',
    action: '„Wiederherstellen …“ nimmt die Dateien selbst, wie bisher.',
  },
  'figures-damaged': {
    cause:
      'Die Zahlen des letzten Tages einer Maschine oder dieses Rechners waren beschädigt ({detail}) und wurden als {kept} beiseitegelegt.',
    action: 'Ihre Kurven beginnen neu; sonst fehlt nichts.',
  },
  'making-cut-off': {
    cause: '„{what}“ war nicht fertig, als Ringmaster endete; was davon schon da war, wurde entfernt.',
    action: 'Noch einmal anlegen.',
  },
  'making-cut-off-left': {
    cause: '„{what}“ war nicht fertig, als Ringmaster endete; {path} ist geblieben, wo es ist.',
    action: 'Diese Datei löschen und noch einmal anlegen.',
  },
}
