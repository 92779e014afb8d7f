// German of the errors of machines: names, definitions, states, saving, templates. Runs in: renderer and tests; pure.
import type { domainErrors } from '../../../src-main/public/errors/domains'
import type { GermanOf } from './german-row'

export const germanDomainErrors: GermanOf<typeof domainErrors> = {
  'no-domain': {
    cause: 'Es gibt keine virtuelle Maschine mit der Kennung {uuid}.',
    action: 'Vielleicht wurde sie gelöscht; ein Blick in die Liste zeigt es.',
  },
  'domain-deleted': {
    cause: '„{name}“ ist gelöscht worden.',
    action: 'Sie liegt im Papierkorb und lässt sich von dort wiederherstellen.',
  },
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
  'vcpus-current-many': {
    cause: 'Beim Start soll sie {current} virtuelle Prozessoren haben, höchstens aber {most}.',
    action: 'Ihr beim Start höchstens {most} geben oder die Höchstzahl erhöhen.',
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
    cause: 'Die Maschine wurde nicht gespeichert: {detail}.',
    action: 'Einen anderen Ort wählen oder dort Platz schaffen.',
  },
  'snapshot-failed': {
    cause: 'Der Zustand der Maschine wurde nicht geschrieben: {detail}.',
    action: 'Dort Platz schaffen und es noch einmal versuchen.',
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
  'not-shut-down': {
    cause: '„{name}“ ist nicht innerhalb von {seconds} Sekunden heruntergefahren.',
    action: 'Auf seine Konsole schauen, die Maschine speichern oder hart ausschalten.',
  },
  'start-refused': {
    cause: '„{name}“ wurde nicht gestartet: {detail}.',
    action: 'Das unter Details ändern oder freigeben, was die Maschine braucht, und sie noch einmal starten.',
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
  'config-uuid': {
    cause: 'Die Konfiguration ist die einer anderen virtuellen Maschine ({uuid}).',
    action: 'Die Kennung lassen, wie sie war.',
  },
  'no-revision': {
    cause: 'Von dieser Definition gibt es keine Fassung {revision}.',
    action: 'Noch einmal in die Liste sehen; die ältesten fallen mit der Zeit weg.',
  },
  'demo-unavailable': {
    cause: 'Der Demo-Gast kann nicht gemacht werden: {detail}.',
    action: 'Mit „Neue virtuelle Maschine“ eigenen Kernel und eigene Ramdisk angeben.',
  },
  'debian-unavailable': {
    cause: 'Das Debian-System kann nicht gemacht werden: {detail}.',
    action: 'Das beheben und es noch einmal versuchen, oder mit „Neue virtuelle Maschine“ ein eigenes Plattenabbild angeben.',
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
}
