// What the toolstack's errors say in the language chosen. English comes from the toolstack's own table; German is here,
// under the same reasons, so a new reason without German does not compile.
// Values that are words of ours (states, operations) or the engine's, the toolstack's and the system's are translated too; what a guest or
// another program said stays as it came.
// Runs in: renderer and tests; pure.

import { type ErrorReason, type ErrorReport, errorReasons, fillSentence } from '../../src-main/public/error-code'
import { germanWords } from '../../src-main/public/german/german-words'
import { DEFAULT_POOL } from '../../src-main/public/storage'
import { domainOperations, domainStates } from '../../src-main/public/types'
import { isolatedValues } from '../lib/bidi'
import { type Language, makeTranslator } from '../lib/translate'
import { remedies } from './error-remedy'

interface ErrorRow {
  readonly cause: string
  readonly action: string
}

export const german: Readonly<Record<ErrorReason, ErrorRow>> = {
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
  'no-domain': {
    cause: 'Es gibt keine virtuelle Maschine mit der Kennung {uuid}.',
    action: 'Vielleicht wurde sie gelöscht; ein Blick in die Liste zeigt es.',
  },
  'domain-deleted': {
    cause: '„{name}“ ist gelöscht worden.',
    action: 'Sie liegt im Papierkorb und lässt sich von dort wiederherstellen.',
  },
  'job-past-return': {
    cause: 'Das lässt sich nicht mehr abbrechen: Was es ändert, wird schon geändert.',
    action: 'Warten, bis es fertig ist; danach lässt sich ändern, was es getan hat.',
  },
  'no-job': { cause: 'Es gibt keinen Auftrag Nummer {job}.', action: 'Er ist wohl schon zu Ende.' },
  'name-empty': { cause: 'Eine virtuelle Maschine braucht einen Namen.', action: 'Einen Namen eingeben.' },
  'name-bad': {
    cause: 'Befehle und Dateisysteme halten „{name}“ für etwas anderes als einen Namen.',
    action: 'Nicht mit einem Bindestrich beginnen und mehr als ein oder zwei Punkte nehmen.',
  },
  'name-long': {
    cause: 'Der Name braucht {bytes} Byte, und höchstens {most} sind möglich.',
    action: 'Ihn kürzen: Ein lateinischer Buchstabe braucht ein Byte, andere zwei oder drei, ein Emoji vier oder mehr.',
  },
  'name-unwritten': {
    cause: 'Der Name enthält {character}, ein Steuerzeichen, ein Zeilenende oder ein halbes Zeichen.',
    action: 'Es herausnehmen.',
  },
  'name-turning': {
    cause: 'Der Name enthält {character}, ein unsichtbares Zeichen, das den Text um sich herum umkehrt.',
    action: 'Es herausnehmen: Schriften, die von rechts nach links laufen, tun das auch ohne es.',
  },
  'name-invisible': {
    cause: 'Von dem Namen ist nichts zu sehen.',
    action: 'Ihm einen Buchstaben, eine Ziffer, ein Zeichen oder ein Emoji geben.',
  },
  'name-slash': {
    cause: 'Der Name „{name}“ enthält einen Schrägstrich, der Ordner trennt.',
    action: 'Ein anderes Zeichen dafür nehmen, etwa einen Bindestrich.',
  },
  'name-exists': { cause: 'Eine virtuelle Maschine namens „{name}“ gibt es schon.', action: 'Einen anderen Namen wählen.' },
  'wrong-state': {
    cause: 'Für „{name}“ geht das jetzt nicht: {operation} (Zustand: {state}).',
    action: 'Die Maschine erst in einen anderen Zustand bringen.',
  },
  'job-running': {
    cause: 'Ein anderer Auftrag arbeitet gerade an „{name}“.',
    action: 'Warten, bis er zu Ende ist, oder ihn abbrechen.',
  },
  'too-many-vcpus': {
    cause: 'Verlangt sind {asked} virtuelle Prozessoren; dieser Hypervisor gibt einer Maschine bis zu {max}.',
    action: 'Die Zahl der virtuellen Prozessoren auf {max} setzen.',
  },
  'more-vcpus-than-started': {
    cause: 'Verlangt sind {asked} virtuelle Prozessoren; gestartet ist die Maschine mit {max}.',
    action: 'In den Details die Zahl der virtuellen Prozessoren einstellen; sie gilt ab dem nächsten Start.',
  },
  'pinning-failed': {
    cause: 'Die virtuellen Prozessoren ließen sich nicht an die Prozessoren {set} binden: {detail}.',
    action: 'Andere Prozessoren wählen oder das Feld leer lassen: dann sind es alle.',
  },
  'no-vcpus': {
    cause: 'Eine virtuelle Maschine braucht mindestens einen virtuellen Prozessor.',
    action: 'Die Zahl der virtuellen Prozessoren auf 1 setzen.',
  },
  'memory-too-small': {
    cause: '{asked} MiB Speicher sind zu wenig; das Mindeste sind {min} MiB.',
    action: 'Mindestens {min} MiB geben.',
  },
  'crash-loop': {
    cause: '„{name}“ ist binnen {seconds} Sekunden nach dem Start abgestürzt und wird darum nicht neu gestartet.',
    action: 'Im Protokoll nach dem Grund sehen, dann von Hand starten.',
  },
  'memory-current-large': {
    cause: 'Beim Start soll er {current} MiB haben, aber höchstens {most} MiB.',
    action: 'Beim Start höchstens {most} MiB geben oder das Höchste anheben.',
  },
  'memory-too-large': {
    cause: '{asked} MiB Speicher sind zu viel: Ein Gast und der Zustand seiner Engine teilen sich 4 GiB, das lässt {max} MiB.',
    action: 'Höchstens {max} MiB geben.',
  },
  'kernel-missing': { cause: 'Es wurde keine Kerneldatei angegeben.', action: 'Den Kernel wählen, der gestartet werden soll.' },
  'file-unreadable': {
    cause: 'Die Datei {path} kann nicht gelesen werden: {detail}.',
    action: 'Prüfen, ob es sie gibt und ob sie gelesen werden darf.',
  },
  'file-unwritable': {
    cause: 'Die Datei {path} kann nicht geschrieben werden: {detail}.',
    action: 'Ordner, Rechte und freien Platz prüfen.',
  },
  'disk-full': { cause: 'Für {path} ist kein Platz mehr.', action: 'Platz schaffen oder einen anderen Ordner wählen.' },
  'image-unusable': {
    cause: 'Der Gast kann nicht gestartet werden: {detail}.',
    action: 'Anderen Kernel oder andere Ramdisk wählen, oder den Speicher ändern.',
  },
  'save-corrupt': {
    cause: 'Der gesicherte Zustand {path} ist beschädigt: {detail}.',
    action: 'Eine andere Kopie der Datei verwenden.',
  },
  'save-newer': {
    cause: 'Der gesicherte Zustand {path} stammt von einer neueren Version.',
    action: 'Ringmaster auf den neuen Stand bringen.',
  },
  'save-unusable': {
    cause: 'Die Maschine wurde nicht wiederhergestellt: {detail}.',
    action: 'Eine andere Datei verwenden.',
  },
  'saved-state-unusable': {
    cause: 'Der gesicherte Zustand von „{name}“ ist nicht zu gebrauchen: {detail}.',
    action: 'Ihn verwerfen und die Maschine neu starten: Ihre Platten sind, wie sie waren.',
  },
  'save-failed': {
    cause: 'Die Maschine wurde nicht gespeichert und läuft weiter: {detail}.',
    action: 'Einen anderen Ort wählen oder dort Platz schaffen.',
  },
  'definition-changed': {
    cause: '„{name}“ wurde anderswo geändert, während es hier geändert wurde.',
    action: 'Ansehen, was jetzt gilt, und noch einmal anwenden.',
  },
  'not-paused': { cause: 'Die vCPUs von „{name}“ stehen nicht still.', action: 'Die Maschine erst anhalten.' },
  'store-path': {
    cause: 'Der Pfad {path} gehört nicht zu dieser Maschine.',
    action: 'Im Fenster der Maschine ändern, zu der er gehört, oder in dem von Domain 0.',
  },
  'vnc-failed': {
    cause: 'Zum Bildschirm von „{name}“ werden keine Betrachter eingelassen: {detail}.',
    action: 'Einen anderen Port oder eine andere Adresse für den Bildschirm wählen.',
  },
  'vnc-open': {
    cause: 'Der Bildschirm von „{name}“ stünde anderen Rechnern ohne Passwort offen.',
    action: 'Ein Passwort angeben oder nur auf diesem Rechner lauschen.',
  },
  cancelled: { cause: 'Der Vorgang wurde abgebrochen.', action: 'Nichts wurde verändert; er kann jederzeit neu beginnen.' },
  'timed-out': {
    cause: 'In {seconds} Sekunden kam keine Antwort: {operation}.',
    action: 'Noch einmal versuchen oder das Ausschalten erzwingen.',
  },
  'not-shut-down': {
    cause: '„{name}“ ist nicht innerhalb von {seconds} Sekunden heruntergefahren.',
    action: 'Auf seine Konsole schauen, die Maschine speichern oder hart ausschalten.',
  },
  'start-refused': {
    cause: '„{name}“ wurde nicht gestartet: {detail}.',
    action: 'Das unter Details ändern oder freigeben, was die Maschine braucht, und sie noch einmal starten.',
  },
  'engine-said': { cause: 'Der Hypervisor meldet: {detail}.', action: 'Das Protokoll der Maschine ansehen.' },
  'process-died': {
    cause: 'Der Prozess von „{name}“ ist unerwartet zu Ende gegangen ({detail}).',
    action: 'Das Protokoll ansehen, dann die Maschine neu starten.',
  },
  unsupported: { cause: 'Dieser Hypervisor kann das nicht: {operation}.', action: 'Einen anderen Weg nehmen.' },
  'definition-corrupt': {
    cause: 'Die Definition {path} ist beschädigt ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Diese Datei berichtigen oder die Maschine neu anlegen.',
  },
  'folder-is-file': {
    cause:
      'Wo der Ordner {path} der Anwendung sein sollte, war eine Datei; sie liegt jetzt unter {kept}, und der Ordner beginnt leer.',
    action: 'Diese Datei ansehen; was früher im Ordner war, muss aus einer eigenen Sicherung kommen.',
  },
  'definition-newer': {
    cause: 'Die Definition {path} stammt von einer neueren Version und wurde als {kept} beiseitegelegt.',
    action: 'Ringmaster aktualisieren und diese Datei wieder importieren.',
  },
  'config-text': {
    cause: 'Die Konfiguration ist nicht verwendbar: Zeile {line}: {detail}.',
    action: 'Diese Zeile berichtigen.',
  },
  'config-newer': {
    cause: 'Die Konfiguration stammt von einer neueren Version.',
    action: 'Ringmaster aktualisieren.',
  },
  'config-characters': {
    cause: 'In „{name}“ enthält {field} Zeichen, die in keiner Konfiguration stehen können.',
    action: 'Steuerzeichen entfernen und noch einmal versuchen.',
  },
  'socket-refused': {
    cause: 'Die Befehlszeile erreicht diese Anwendung nicht: {path} lässt sich nicht öffnen ({detail}).',
    action: 'Die Fenster sind nicht betroffen; das berichtigen und Ringmaster neu starten.',
  },
  'no-revision': {
    cause: 'Von dieser Definition gibt es keine Fassung {revision}.',
    action: 'Noch einmal in die Liste sehen; die ältesten fallen mit der Zeit weg.',
  },
  'trash-unreadable': {
    cause: '„{name}“ kann nicht aus dem Papierkorb wiederhergestellt werden: {detail}.',
    action: 'Die Dateien im Ordner des Papierkorbs ansehen oder ihn leeren.',
  },
  'config-uuid': {
    cause: 'Die Konfiguration ist die einer anderen virtuellen Maschine ({uuid}).',
    action: 'Die Kennung lassen, wie sie war.',
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
  'file-kind-unknown': {
    cause:
      'Was {path} ist, lässt sich nicht erkennen: weder Kernel, Ramdisk, Plattenabbild, gesicherte Maschine noch Konfiguration.',
    action: '„Neue virtuelle Maschine“ öffnen und die Datei dort als das wählen, was sie ist.',
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
  'demo-unavailable': {
    cause: 'Der Demo-Gast kann nicht gemacht werden: {detail}.',
    action: 'Mit „Neue virtuelle Maschine“ eigenen Kernel und eigene Ramdisk angeben.',
  },
  'debian-unavailable': {
    cause: 'Das Debian-System kann nicht gemacht werden: {detail}.',
    action: 'Das beheben und es noch einmal versuchen, oder mit „Neue virtuelle Maschine“ ein eigenes Plattenabbild angeben.',
  },
  'device-twice': {
    cause: 'In „{name}“ gibt es das Gerät {key} zweimal.',
    action: 'Einem davon einen anderen Namen oder eine andere Nummer geben.',
  },
  'too-many-devices': {
    cause: '„{name}“ kann nicht mehr als {max} Geräte haben.',
    action: 'Erst eines entfernen.',
  },
  'no-device': {
    cause: '„{name}“ hat kein Gerät {key}.',
    action: 'Vielleicht wurde es entfernt; ein Blick in die Liste zeigt es.',
  },
  'disk-no-file': {
    cause: 'Der Platte {dev} fehlt die Abbilddatei.',
    action: 'Eine Datei wählen oder ein Laufwerk mit Wechselmedium daraus machen.',
  },
  'disk-format-readonly': {
    cause: 'Abbilder im Format {format} können nur gelesen werden ({dev}).',
    action: 'Die Platte nur lesbar machen oder das Abbild nach qcow2 umwandeln.',
  },
  'disk-file-twice': {
    cause: 'Zwei Platten von „{name}“ verwenden die Datei {path}, und eine davon schreibt.',
    action: 'Jeder Platte eine eigene Datei geben oder beide nur lesbar machen.',
  },
  'disk-in-use': {
    cause: 'Die Datei {path} wird von „{name}“ benutzt.',
    action: 'Diese Maschine erst herunterfahren oder eine Kopie der Datei verwenden.',
  },
  'mac-taken': {
    cause: 'Die MAC-Adresse {mac} gehört schon einer Netzwerkkarte von „{name}“.',
    action: 'Eine andere Adresse wählen.',
  },
  'forward-taken': {
    cause: 'Port {port} ({protocol}) dieses Rechners wird schon an „{name}“ weitergeleitet.',
    action: 'Einen anderen Port wählen.',
  },
  'no-network': {
    cause: 'Es gibt kein virtuelles Netz namens „{network}“.',
    action: 'Ein anderes Netz wählen oder dieses anlegen.',
  },
  'network-stopped': {
    cause: 'Das virtuelle Netz „{network}“ ist angehalten.',
    action: 'Es unter „Virtuelle Netze“ starten oder ein anderes wählen.',
  },
  'no-screen': {
    cause: '„{name}“ hat keinen Bildschirm.',
    action: 'Unter Details eine Anzeige hinzufügen; ab dem nächsten Start ist sie da.',
  },
  'not-hot-pluggable': {
    cause: 'Das Gerät {key} kann nicht geändert werden, während „{name}“ läuft.',
    action: 'Es wird beim nächsten Start geändert.',
  },
  'detach-timeout': {
    cause: 'Der Gast hat {key} nicht innerhalb von {seconds} Sekunden freigegeben.',
    action: 'Das Gerät im Gast aushängen oder nicht mehr benutzen, oder das Entfernen erzwingen.',
  },
  'file-exists': {
    cause: 'Die Datei {path} gibt es schon.',
    action: 'Einen anderen Namen wählen; nichts wurde überschrieben.',
  },
  'file-not-allowed': {
    cause: 'Es wurde nicht erlaubt, dass ein Gast in {path} schreibt.',
    action: 'Die Datei mit „Durchsuchen …“ wählen oder die Platte nur lesbar machen.',
  },
  'media-no-kernel': {
    cause: 'In {path} gibt es keinen Kernel mit Ramdisk dort, wo Linux-Installations- und Live-Systeme sie haben.',
    action: 'Ein anderes Abbild für x86-64 wählen, oder Kernel und Ramdisk selbst angeben.',
  },
  'disk-no-kernel': {
    cause: 'Auf der Platte {dev} ({path}) gibt es keinen Kernel zum Starten.',
    action: 'Zuerst ein System darauf installieren oder unter „Start“ eine Kerneldatei angeben.',
  },
  'disk-no-kernel-but': {
    cause: 'Auf der Platte {dev} ({path}) gibt es keinen Kernel zum Starten, nur {holds}.',
    action: 'Zuerst ein System darauf installieren oder unter „Start“ eine Kerneldatei angeben.',
  },
  'disk-kernel-unread': {
    cause: 'Von der Platte {dev} lässt sich kein Kernel nehmen: {detail}.',
    action:
      'Unter „Start“ eine Kerneldatei angeben. Von selbst startet eine Platte, deren Kernel auf ext2, ext3 oder ext4 liegt.',
  },
  'media-unreadable': {
    cause: 'Das ISO-Abbild {path} kann nicht verwendet werden: {detail}.',
    action: 'Es noch einmal laden oder ein anderes wählen.',
  },
  'tree-address': {
    cause: '„{url}“ ist keine Adresse eines Installationsbaums.',
    action: 'Eine angeben, die mit http:// oder https:// beginnt und kein Passwort enthält.',
  },
  'tree-no-host': {
    cause: 'Einen Server namens {host} gibt es nicht, oder niemand kann danach gefragt werden.',
    action: 'Die Schreibweise prüfen, und ob dieser Rechner online ist.',
  },
  'tree-unreachable': {
    cause: 'Der Server {host} ist nicht erreichbar: Er nimmt keine Verbindung an, oder kein Weg führt dorthin.',
    action: 'Adresse und Netz dieses Rechners prüfen oder einen anderen Spiegelserver wählen.',
  },
  'tree-silent': {
    cause: 'Der Server {host} hat zu lange nichts geschickt ({detail} Sekunden).',
    action: 'Es später noch einmal versuchen oder einen anderen Spiegelserver wählen.',
  },
  'tree-tls': {
    cause: 'Mit {host} kam keine sichere Verbindung zustande: {detail}.',
    action: 'Adresse und Uhr dieses Rechners prüfen oder einen anderen Spiegelserver wählen.',
  },
  'tree-status': {
    cause: 'Der Server hat {url} nicht hergegeben: Er antwortete mit Status {detail}.',
    action: 'Es später noch einmal versuchen oder eine andere Adresse wählen.',
  },
  'tree-redirect': {
    cause: '{url} leitet dorthin weiter, wohin niemand folgt: zu oft, aus dem Web hinaus oder auf eine unsichere Verbindung.',
    action: 'Die Adresse angeben, wo es wirklich liegt.',
  },
  'tree-nothing': {
    cause: 'Unter {url} gibt es keinen Kernel mit Ramdisk dort, wo Installationsbäume sie haben.',
    action:
      'Den Ordner einer Ausgabe angeben, etwa http://mirror.example.org/debian/dists/stable/, oder den eines Installers für x86-64.',
  },
  'tree-arch': {
    cause: 'Der Installationsbaum unter {url} ist für andere Prozessoren als x86-64.',
    action: 'Die Adresse des Baums für x86-64 angeben.',
  },
  'tree-not-kernel': {
    cause: 'Wo Kernel und Ramdisk sein sollten, hat der Server etwas anderes ({url}).',
    action: 'Die Adresse in einem Browser öffnen: Auch ein Netz, das eine Anmeldung verlangt, antwortet so.',
  },
  'tree-large': {
    cause: '{url} ist größer als die {most} MiB, die eine solche Datei haben darf.',
    action: 'Die Adresse prüfen: Kernel und Ramdisks sind kleiner.',
  },
  'tree-cut': {
    cause: 'Der Server hat abgebrochen, bevor {url} ganz da war.',
    action: 'Nichts davon wurde behalten; es noch einmal versuchen oder einen anderen Spiegelserver wählen.',
  },
  'tree-damaged': {
    cause: '{url} ist nicht, was die Prüfsumme seines Baums sagt.',
    action: 'Nichts davon wurde behalten; es noch einmal versuchen oder einen anderen Spiegelserver wählen.',
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
  'making-cut-off': {
    cause: '„{what}“ war nicht fertig, als Ringmaster endete; was davon schon da war, wurde entfernt.',
    action: 'Noch einmal anlegen.',
  },
  'making-cut-off-left': {
    cause: '„{what}“ war nicht fertig, als Ringmaster endete; {path} ist geblieben, wo es ist.',
    action: 'Diese Datei löschen und noch einmal anlegen.',
  },
  'disk-frozen': {
    cause: 'Die Datei {path} gehört zu einem Sicherungspunkt, oder die Platte einer anderen Maschine steht auf ihr.',
    action: 'Eine Kopie der Datei nehmen, oder die Platte nur lesbar machen.',
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
  'templates-corrupt': {
    cause: 'Die Liste der Vorlagen war nicht lesbar ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Die Vorlagen neu speichern; die Abbilder ihrer Platten sind, wie sie waren.',
  },
  'template-exists': {
    cause: 'Eine Vorlage namens „{name}“ gibt es schon.',
    action: 'Einen anderen Namen wählen, oder erst jene Vorlage entfernen.',
  },
  'too-many-templates': {
    cause: 'Es gibt schon {max} Vorlagen.',
    action: 'Eine entfernen, die nicht mehr gebraucht wird.',
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
  'image-busy': {
    cause: 'Das Plattenabbild {path} wird von einer laufenden Maschine benutzt.',
    action: 'Diese Maschine erst herunterfahren, oder eine Kopie der Datei nehmen.',
  },
  'network-exists': {
    cause: 'Ein virtuelles Netz namens „{network}“ gibt es schon.',
    action: 'Einen anderen Namen wählen.',
  },
  'network-bad': {
    cause: 'Das virtuelle Netz „{network}“ kann nicht verwendet werden: {detail}.',
    action: 'Seine Adressen berichtigen.',
  },
  'network-overlaps': {
    cause: 'Die Adressen von „{network}“ überschneiden sich mit denen von „{other}“.',
    action: 'Einen eigenen Bereich wählen.',
  },
  'network-in-use': {
    cause: 'Das virtuelle Netz „{network}“ wird benutzt von: {names}.',
    action: 'Diesen Maschinen erst ein anderes Netz geben.',
  },
  'network-permanent': {
    cause: 'Das virtuelle Netz „{network}“ ist von Anfang an da und bleibt.',
    action: 'Es stattdessen ändern oder ein weiteres anlegen.',
  },
  'networks-corrupt': {
    cause: 'Die Liste der virtuellen Netze war beschädigt ({detail}) und wurde als {kept} beiseitegelegt.',
    action: 'Eigene Netze noch einmal anlegen; „default“ ist da.',
  },
  'networks-newer': {
    cause: 'Die Liste der virtuellen Netze stammt von einer neueren Version und wurde als {kept} beiseitegelegt.',
    action:
      'Ringmaster aktualisieren und der Datei ihren alten Namen geben, oder eigene Netze noch einmal anlegen; „default“ ist da.',
  },
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
  'old-electron': {
    cause:
      'Dies ist das alte Electron {version} ohne Sicherheitsaktualisierungen, weil das aktuelle nicht geladen werden konnte.',
    action: 'Sobald es ein Netz gibt, „npm run electron:update“ ausführen.',
  },
}

const ofPools: readonly ErrorReason[] = ['no-pool', 'pool-exists', 'pool-permanent']

/** The first pool is called by our own word wherever it is shown. */
export function withPoolName(
  values: Readonly<Record<string, string>>,
  mark: string,
  language: Language,
): Record<string, string> {
  return values[mark] === DEFAULT_POOL ? { ...values, [mark]: makeTranslator(language)('storage.default-pool') } : { ...values }
}

function translateValues(values: Readonly<Record<string, string>>, language: Language): Record<string, string> {
  const t = makeTranslator(language)
  const translated: Record<string, string> = { ...values }
  const state = domainStates.find((known) => known === values['state'])
  if (state !== undefined) translated['state'] = t(`state.${state}`).toLowerCase()
  const operation = domainOperations.find((known) => known === values['operation'])
  if (operation !== undefined) translated['operation'] = t(`operation.${operation}`)
  return language === 'de' ? withGermanDetail(translated) : translated
}

/** Also for what the doctor finds. */
export function withGermanDetail(values: Readonly<Record<string, string>>): Record<string, string> {
  const { detail } = values
  return detail === undefined ? { ...values } : { ...values, detail: germanWords(detail) }
}

export interface ErrorText {
  readonly cause: string
  /** What follows from it. */
  readonly consequence: string
  readonly action: string
}

export function errorText(error: ErrorReport, language: Language): ErrorText {
  const row: ErrorRow = language === 'de' ? german[error.reason] : errorReasons[error.reason]
  const told = ofPools.includes(error.reason) ? withPoolName(error.values, 'name', language) : error.values
  const values = isolatedValues(translateValues(told, language))
  const consequence = makeTranslator(language)(`effect.${remedies[error.reason].effect}`)
  return { cause: fillSentence(row.cause, values), consequence, action: fillSentence(row.action, values) }
}
