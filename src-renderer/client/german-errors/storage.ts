// German of the errors of disk images, snapshots and storage pools. Runs in: renderer and tests; pure.
import type { storageErrors } from '../../../src-main/public/errors/storage'
import type { GermanOf } from './german-row'

export const germanStorageErrors: GermanOf<typeof storageErrors> = {
  'image-unusable': {
    cause: 'Der Gast kann nicht gestartet werden: {detail}.',
    action: 'Anderen Kernel oder andere Ramdisk wählen, oder den Speicher ändern.',
  },
  'image-unreadable': {
    cause: 'Das Plattenabbild {path} kann nicht verwendet werden: {detail}.',
    action: 'Das Format prüfen oder ein anderes Abbild verwenden.',
  },
  'backing-refused': {
    cause: 'Das Abbild von {dev} verweist auf die Datei {path}, die nicht erlaubt wurde ({chain}).',
    action:
      'Sie wird nur geöffnet, wenn Sie es erlauben: Das Fenster fragt danach, auf der Kommandozeile ist es „xm block-allow“.',
  },
  'image-refers': {
    cause: 'Das Plattenabbild {image} verweist auf die Datei {path}, die nicht erlaubt wurde ({chain}).',
    action: 'Sie wird nur geöffnet, wenn Sie es erlauben: Das Fenster fragt danach, auf der Kommandozeile ist es „--backing“.',
  },
  'image-failed': {
    cause: 'Das Plattenabbild {path} wurde nicht fertig: {detail}.',
    action: 'Nichts davon wurde behalten; freien Platz prüfen und noch einmal versuchen.',
  },
  'image-shrink': {
    cause: 'Das Plattenabbild {path} würde kleiner, und was an seinem Ende liegt, ginge verloren.',
    action: 'Mindestens {min} MiB geben.',
  },
  'image-damaged': {
    cause: 'Das Plattenabbild {path} hat Fehler: {detail}.',
    action: 'Eine frühere Kopie verwenden oder es reparieren lassen.',
  },
  'image-not-as-named': {
    cause:
      'Die Datei {path} heißt {format}, beginnt aber nicht so: Sie ist beschädigt oder ein rohes Abbild mit falschem Namen.',
    action: 'Eine frühere Kopie verwenden; ist es ein rohes Abbild, soll sein Name auf „.raw“ enden.',
  },
  'image-busy': {
    cause: 'Das Plattenabbild {path} wird von einer laufenden Maschine benutzt.',
    action: 'Diese Maschine erst herunterfahren, oder eine Kopie der Datei nehmen.',
  },
  'no-snapshot': {
    cause: 'Diesen Sicherungspunkt gibt es nicht.',
    action: 'Vielleicht wurde er gelöscht; ein Blick in den Baum zeigt es.',
  },
  'snapshot-name-empty': { cause: 'Ein Sicherungspunkt braucht einen Namen.', action: 'Einen Namen eingeben.' },
  'snapshot-exists': {
    cause: 'Diese Maschine hat schon einen Sicherungspunkt namens „{name}“.',
    action: 'Einen anderen Namen wählen.',
  },
  'too-many-snapshots': {
    cause: 'Eine Maschine kann nicht mehr als {max} Sicherungspunkte haben.',
    action: 'Erst einige löschen.',
  },
  'snapshot-chain': {
    cause: 'Die Platte {path} stünde auf mehr als {max} Dateien.',
    action: 'Ältere Sicherungspunkte löschen; ist die Maschine aus, werden ihre Dateien zusammengeführt.',
  },
  'snapshots-corrupt': {
    cause: 'Die Liste der Sicherungspunkte {path} war nicht lesbar ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Maschine und Platten sind, wie sie waren; mit der reparierten Datei sind die Sicherungspunkte wieder da.',
  },
  'snapshot-cut-off': {
    cause: 'Der Sicherungspunkt „{snapshot}“ von „{name}“ war nicht fertig, als Ringmaster endete.',
    action: 'Von den Platten ist nichts verloren; den Sicherungspunkt noch einmal anlegen.',
  },
  'revert-cut-off': {
    cause:
      'Das Zurückkehren zum Sicherungspunkt „{snapshot}“ von „{name}“ wurde abgebrochen; die Platten sind, wie sie vorher waren.',
    action: 'Noch einmal zu ihm zurückkehren.',
  },
  'revert-without-memory': {
    cause:
      'Ringmaster endete, bevor „{name}“ vom Sicherungspunkt „{snapshot}“ weiterlief; die Platten sind die des Sicherungspunkts.',
    action: 'Noch einmal zu ihm zurückkehren, um auch mit seinem Speicher weiterzumachen.',
  },
  'no-pool': { cause: 'Es gibt keinen Speicherort namens „{name}“.', action: 'Ein Blick in die Liste zeigt, welche es gibt.' },
  'pool-exists': {
    cause: 'Einen Speicherort „{name}“ mit diesem Namen oder Ordner gibt es schon.',
    action: 'Einen anderen Namen oder Ordner wählen.',
  },
  'pool-permanent': {
    cause: 'Der Speicherort „{name}“ ist von Anfang an da und bleibt.',
    action: 'Für einen anderen Ordner einen weiteren hinzufügen.',
  },
  'pools-corrupt': {
    cause: 'Die Liste der Speicherorte war nicht lesbar ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Die Ordner wieder hinzufügen; die Dateien darin sind, wie sie waren.',
  },
  'image-of-snapshots': {
    cause: 'Das Plattenabbild {path} gehört zu Sicherungspunkten, die sich danach richten, worauf es steht.',
    action: 'Erst diese Sicherungspunkte löschen oder das Abbild kopieren.',
  },
  'image-without-backing': {
    cause: 'Das Plattenabbild {path} hat das Format {format}, das auf keiner anderen Datei steht.',
    action: 'Es erst in qcow2 umwandeln.',
  },
  'image-on-itself': {
    cause: 'Das Plattenabbild {path} kann nicht auf {below} stehen, denn dieses steht auf ihm.',
    action: 'Ein anderes Abbild wählen.',
  },
  'volume-in-use': {
    cause: 'Das Plattenabbild {path} wird benutzt von: {names}.',
    action: 'Diese Maschine herunterfahren, oder ihr die Platte erst wegnehmen.',
  },
}
