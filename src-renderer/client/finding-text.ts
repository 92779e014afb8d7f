// What the doctor's findings say, both languages side by side: the cause, what follows from it, and what to do; one row for each kind
// or it does not compile. Marks are filled from the finding's values.
// Runs in: renderer and tests; pure.

import type { Finding, FindingKind } from '../../src-main/public/doctor'
import { fillSentence } from '../../src-main/public/error-code'
import type { Language } from '../lib/translate'
import { withGermanDetail, withPoolName } from './error-text'

interface Words {
  readonly cause: string
  readonly consequence: string
  readonly action: string
  /** On the button, where something is mended. */
  readonly mend?: string
}

export const findingTexts: Readonly<Record<FindingKind, Readonly<Record<Language, Words>>>> = {
  'space-none': {
    en: {
      cause: 'There is no space left in {path}.',
      consequence: 'Guests that write stand until there is room, or see write errors; nothing can be saved.',
      action: 'Delete or move files there, or empty the trash.',
    },
    de: {
      cause: 'In {path} ist kein Platz mehr frei.',
      consequence: 'Gäste, die schreiben, stehen, bis Platz ist, oder sehen Schreibfehler; nichts lässt sich sichern.',
      action: 'Dort Dateien löschen oder verschieben oder den Papierkorb leeren.',
    },
  },
  'space-out': {
    en: {
      cause: 'Only {free} are left in {path}.',
      consequence: 'Guests that write stand until there is room, or see write errors; nothing can be saved.',
      action: 'Delete or move files there, or empty the trash.',
    },
    de: {
      cause: 'In {path} sind nur noch {free} frei.',
      consequence: 'Gäste, die schreiben, stehen, bis Platz ist, oder sehen Schreibfehler; nichts lässt sich sichern.',
      action: 'Dort Dateien löschen oder verschieben oder den Papierkorb leeren.',
    },
  },
  'space-low': {
    en: {
      cause: '{free} are left in {path}.',
      consequence: 'Disks that grow and saved states may soon find no room.',
      action: 'Make room before saving machines or creating disks.',
    },
    de: {
      cause: 'In {path} sind noch {free} frei.',
      consequence: 'Wachsende Platten und gesicherte Zustände finden vielleicht bald keinen Platz.',
      action: 'Platz schaffen, bevor Maschinen gesichert oder Platten angelegt werden.',
    },
  },
  'pool-missing': {
    en: {
      cause: 'The folder of the storage pool “{pool}” is not there: {path}.',
      consequence: 'Machines with disks in it do not start.',
      action: 'Connect the drive it is on or put the folder back, or remove the pool in Storage.',
    },
    de: {
      cause: 'Der Ordner des Speicherorts „{pool}“ ist nicht da: {path}.',
      consequence: 'Maschinen mit Platten darin starten nicht.',
      action: 'Das Laufwerk anschließen, auf dem er ist, ihn zurücklegen oder den Speicherort im Datenspeicher entfernen.',
    },
  },
  'folder-closed': {
    en: {
      cause: 'The folder {path} cannot be read and written.',
      consequence: 'Definitions, disks and saved states are not kept.',
      action: 'Give yourself the rights to it.',
      mend: 'Set the rights',
    },
    de: {
      cause: 'Der Ordner {path} lässt sich nicht lesen und beschreiben.',
      consequence: 'Definitionen, Platten und gesicherte Zustände werden nicht aufbewahrt.',
      action: 'Die Rechte daran einräumen.',
      mend: 'Rechte setzen',
    },
  },
  'folder-readable': {
    en: {
      cause: 'Other users of this computer may look into {path}.',
      consequence: 'They can read definitions, with the passwords of screens, and saved memory.',
      action: 'Close the folder to others.',
      mend: 'Close it to others',
    },
    de: {
      cause: 'Andere Benutzer dieses Rechners dürfen in {path} hineinsehen.',
      consequence: 'Sie können Definitionen samt Passwörtern von Bildschirmen und gesicherten Speicher lesen.',
      action: 'Den Ordner für andere schließen.',
      mend: 'Für andere schließen',
    },
  },
  'memory-promised': {
    en: {
      cause: 'Running guests were given {promised}, and this computer has {total}.',
      consequence: 'When they use it all, the system may end one of them.',
      action: 'Give guests less memory, or save one that is not needed.',
    },
    de: {
      cause: 'Laufende Gäste haben {promised} bekommen, und dieser Rechner hat {total}.',
      consequence: 'Wenn sie alles benutzen, beendet das System womöglich einen von ihnen.',
      action: 'Gästen weniger Speicher geben oder einen sichern, der nicht gebraucht wird.',
    },
  },
  'memory-low': {
    en: {
      cause: 'Only {free} of memory are free on this computer.',
      consequence: 'New guests may not start, and running ones become slow.',
      action: 'Close programs, or save a guest that is not needed.',
    },
    de: {
      cause: 'Auf diesem Rechner sind nur {free} Speicher frei.',
      consequence: 'Neue Gäste starten vielleicht nicht, und laufende werden langsam.',
      action: 'Programme schließen oder einen Gast sichern, der nicht gebraucht wird.',
    },
  },
  'port-taken': {
    en: {
      cause: 'Another program listens on port {port}, which “{name}” wants.',
      consequence: 'The port does not lead into the guest when it runs.',
      action: 'End that program, or choose another port under Details.',
    },
    de: {
      cause: 'Ein anderes Programm benutzt Port {port}, den „{name}“ haben will.',
      consequence: 'Der Port führt nicht in den Gast, wenn dieser läuft.',
      action: 'Das Programm beenden oder unter Details einen anderen Port wählen.',
    },
  },
  'port-low': {
    en: {
      cause: '“{name}” wants port {port}; below {lowest} only the administrator may listen.',
      consequence: 'The port does not lead into the guest.',
      action: 'Choose a port from {lowest} on under Details.',
    },
    de: {
      cause: '„{name}“ will Port {port} haben; unter {lowest} darf nur der Verwalter des Rechners Ports öffnen.',
      consequence: 'Der Port führt nicht in den Gast.',
      action: 'Unter Details einen Port ab {lowest} wählen.',
    },
  },
  'electron-old': {
    en: {
      cause: 'This is the old Electron {version}.',
      consequence: 'It gets no security fixes any more; it will do for trying things out.',
      action: 'When there is a network, run “npm run electron:update”.',
    },
    de: {
      cause: 'Dies ist das alte Electron {version}.',
      consequence: 'Es bekommt keine Sicherheitsaktualisierungen mehr; zum Ausprobieren genügt es.',
      action: 'Sobald es ein Netz gibt, „npm run electron:update“ ausführen.',
    },
  },
  'helper-demo': {
    en: {
      cause: 'The demo guest cannot be made here: {detail}.',
      consequence: 'Machines from your own kernels work all the same.',
      action: 'Install what is missing, if you want the demo guest.',
    },
    de: {
      cause: 'Der Demo-Gast kann hier nicht gemacht werden: {detail}.',
      consequence: 'Maschinen aus eigenen Kerneln gehen trotzdem.',
      action: 'Fehlendes installieren, wenn der Demo-Gast gewünscht ist.',
    },
  },
  'helper-debian': {
    en: {
      cause: 'Debian guests cannot be made here: {detail}.',
      consequence: 'Disk images of your own work all the same.',
      action: 'Install what is missing, if you want Debian guests.',
    },
    de: {
      cause: 'Debian-Gäste können hier nicht gemacht werden: {detail}.',
      consequence: 'Eigene Plattenabbilder gehen trotzdem.',
      action: 'Fehlendes installieren, wenn Debian-Gäste gewünscht sind.',
    },
  },
  'domain0-down': {
    en: {
      cause: 'Domain 0 does not run: {detail}.',
      consequence: 'Guests have no disks, networks and consoles.',
      action: 'Start it again; collect a report if it ends again.',
      mend: 'Start it again',
    },
    de: {
      cause: 'Domain 0 läuft nicht: {detail}.',
      consequence: 'Gäste haben keine Platten, Netze und Konsolen.',
      action: 'Sie noch einmal starten; einen Bericht sammeln, wenn sie wieder endet.',
      mend: 'Noch einmal starten',
    },
  },
  'file-missing': {
    en: {
      cause: 'The file {path} of “{name}” is not there or cannot be read.',
      consequence: 'The machine does not start.',
      action: 'Bring the file back, or choose another under Details.',
    },
    de: {
      cause: 'Die Datei {path} von „{name}“ gibt es nicht, oder sie ist nicht lesbar.',
      consequence: 'Die Maschine startet nicht.',
      action: 'Die Datei zurückholen oder unter Details eine andere wählen.',
    },
  },
  'disk-no-kernel': {
    en: {
      cause: 'On the disk {dev} of “{name}” ({path}) there is no kernel to start.',
      consequence: 'The machine does not start.',
      action: 'Install a system on it, or give a kernel file in its Details under Boot.',
    },
    de: {
      cause: 'Auf der Platte {dev} von „{name}“ ({path}) gibt es keinen Kernel zum Starten.',
      consequence: 'Die Maschine startet nicht.',
      action: 'Ein System darauf installieren oder in den Details unter „Start“ eine Kerneldatei angeben.',
    },
  },
  'disk-no-kernel-but': {
    en: {
      cause: 'On the disk {dev} of “{name}” ({path}) there is no kernel to start, only {holds}.',
      consequence: 'The machine does not start.',
      action: 'Install a system on it, or give a kernel file in its Details under Boot.',
    },
    de: {
      cause: 'Auf der Platte {dev} von „{name}“ ({path}) gibt es keinen Kernel zum Starten, nur {holds}.',
      consequence: 'Die Maschine startet nicht.',
      action: 'Ein System darauf installieren oder in den Details unter „Start“ eine Kerneldatei angeben.',
    },
  },
  'disk-kernel-unread': {
    en: {
      cause: 'No kernel can be taken from the disk {dev} of “{name}”: {detail}.',
      consequence: 'The machine does not start.',
      action: 'Give a kernel file in its Details under Boot.',
    },
    de: {
      cause: 'Von der Platte {dev} von „{name}“ lässt sich kein Kernel nehmen: {detail}.',
      consequence: 'Die Maschine startet nicht.',
      action: 'In den Details unter „Start“ eine Kerneldatei angeben.',
    },
  },
  'kernel-none': {
    en: {
      cause: '“{name}” names no kernel file and has no disk that could have one.',
      consequence: 'The machine does not start.',
      action: 'Give a kernel file in its Details under Boot, or add a disk with a system.',
    },
    de: {
      cause: '„{name}“ nennt keine Kerneldatei und hat keine Platte, auf der ein Kernel sein könnte.',
      consequence: 'Die Maschine startet nicht.',
      action: 'In den Details unter „Start“ eine Kerneldatei angeben oder eine Platte mit einem System hinzufügen.',
    },
  },
  'medium-missing': {
    en: {
      cause: 'The medium {path} in drive {dev} of “{name}” is not there or cannot be read.',
      consequence: 'The machine does not start with it.',
      action: 'Bring the file back, or take the medium out.',
      mend: 'Take the medium out',
    },
    de: {
      cause: 'Das Medium {path} im Laufwerk {dev} von „{name}“ gibt es nicht, oder es ist nicht lesbar.',
      consequence: 'Die Maschine startet damit nicht.',
      action: 'Die Datei zurückholen oder das Medium herausnehmen.',
      mend: 'Medium herausnehmen',
    },
  },
  'disk-closed': {
    en: {
      cause: 'The disk {dev} of “{name}” ({path}) may be read but not written.',
      consequence: 'The machine does not start, or its guest sees write errors.',
      action: 'Give yourself the right to write, or make the disk read-only.',
      mend: 'Set the rights',
    },
    de: {
      cause: 'Die Platte {dev} von „{name}“ ({path}) darf gelesen, aber nicht beschrieben werden.',
      consequence: 'Die Maschine startet nicht, oder ihr Gast sieht Schreibfehler.',
      action: 'Das Schreibrecht einräumen oder die Platte nur lesbar machen.',
      mend: 'Rechte setzen',
    },
  },
  'disk-broken': {
    en: {
      cause: 'The image of disk {dev} of “{name}” ({path}) cannot be used: {detail}.',
      consequence: 'The machine does not start.',
      action: 'Let it be checked, or use a copy from before.',
    },
    de: {
      cause: 'Das Abbild der Platte {dev} von „{name}“ ({path}) ist nicht benutzbar: {detail}.',
      consequence: 'Die Maschine startet nicht.',
      action: 'Es prüfen lassen oder eine frühere Kopie verwenden.',
    },
  },
  'backing-missing': {
    en: {
      cause: 'Disk {dev} of “{name}” builds on {backing}, which is not there or cannot be read.',
      consequence: 'Without it the disk is worth nothing, and the machine does not start.',
      action: 'Bring that file back to its place.',
    },
    de: {
      cause: 'Platte {dev} von „{name}“ baut auf {backing} auf, das es nicht gibt oder das nicht lesbar ist.',
      consequence: 'Ohne diese Datei ist die Platte wertlos, und die Maschine startet nicht.',
      action: 'Die Datei an ihren Ort zurückbringen.',
    },
  },
  'disk-volatile': {
    en: {
      cause: 'The disk {dev} of “{name}” ({path}) lies in memory.',
      consequence: 'It is gone when this computer is switched off.',
      action: 'Move the image to a folder on a real disk.',
    },
    de: {
      cause: 'Die Platte {dev} von „{name}“ ({path}) liegt im Arbeitsspeicher.',
      consequence: 'Sie ist weg, wenn dieser Rechner ausgeschaltet wird.',
      action: 'Das Abbild in einen Ordner auf einer richtigen Platte verschieben.',
    },
  },
  'disk-unsafe': {
    en: {
      cause: 'The cache mode of the disk {dev} of “{name}” is unsafe.',
      consequence: 'A power cut of this computer can cost the guest files that it believes to be safe.',
      action: 'Let it write back safely; a running machine does so from its next start on.',
      mend: 'Write back safely',
    },
    de: {
      cause: 'Der Cache-Modus der Platte {dev} von „{name}“ ist unsafe.',
      consequence: 'Ein Stromausfall dieses Rechners kann den Gast Dateien kosten, die er sicher glaubt.',
      action: 'Sicher zurückschreiben lassen; eine laufende Maschine tut es ab dem nächsten Start.',
      mend: 'Sicher zurückschreiben',
    },
  },
  'disk-grows': {
    en: {
      cause: 'The disk {dev} of “{name}” can grow by {grows}, and {free} are free.',
      consequence: 'A guest that fills it sees write errors.',
      action: 'Make room in time, or keep an eye on it.',
    },
    de: {
      cause: 'Die Platte {dev} von „{name}“ kann um {grows} wachsen, und {free} sind frei.',
      consequence: 'Ein Gast, der sie füllt, sieht Schreibfehler.',
      action: 'Rechtzeitig Platz schaffen oder ein Auge darauf haben.',
    },
  },
  'disk-newer': {
    en: {
      cause: 'The disk {dev} of “{name}” ({path}) was changed after the machine was saved.',
      consequence: 'Going on from the saved state would damage the file systems on it.',
      action: 'Bring the disk back as it was, or discard the saved state and start.',
    },
    de: {
      cause: 'Die Platte {dev} von „{name}“ ({path}) wurde nach dem Sichern der Maschine geändert.',
      consequence: 'Den gesicherten Zustand fortzusetzen würde ihre Dateisysteme beschädigen.',
      action: 'Die Platte von damals zurückholen, oder den gesicherten Zustand verwerfen und starten.',
    },
  },
  'vnc-open': {
    en: {
      cause: 'The screen of “{name}” is open on {address} without a password.',
      consequence: 'Everyone who reaches this computer sees the screen and can type.',
      action: 'Let only this computer in, or give a password.',
      mend: 'Let only this computer in',
    },
    de: {
      cause: 'Der Bildschirm von „{name}“ ist auf {address} ohne Passwort offen.',
      consequence: 'Jeder, der diesen Rechner erreicht, sieht den Bildschirm und kann tippen.',
      action: 'Nur diesen Rechner einlassen oder ein Passwort setzen.',
      mend: 'Nur diesen Rechner einlassen',
    },
  },
  'vnc-exposed': {
    en: {
      cause: 'The screen of “{name}” is open to other computers on {address}.',
      consequence: 'VNC is not encrypted, and only eight characters of its password count.',
      action: 'Let only this computer in and reach it through SSH.',
      mend: 'Let only this computer in',
    },
    de: {
      cause: 'Der Bildschirm von „{name}“ ist auf {address} für andere Rechner offen.',
      consequence: 'VNC ist nicht verschlüsselt, und vom Passwort zählen nur acht Zeichen.',
      action: 'Nur diesen Rechner einlassen und ihn über SSH erreichen.',
      mend: 'Nur diesen Rechner einlassen',
    },
  },
  'forward-open': {
    en: {
      cause: 'Ports of “{name}” are open to other computers: {ports}.',
      consequence: 'What the guest offers there can be reached from the network.',
      action: 'Leave it so if it is meant, or let only this computer in.',
      mend: 'Let only this computer in',
    },
    de: {
      cause: 'Ports von „{name}“ sind für andere Rechner offen: {ports}.',
      consequence: 'Was der Gast dort anbietet, ist aus dem Netz erreichbar.',
      action: 'So lassen, wenn es so gemeint ist, oder nur diesen Rechner einlassen.',
      mend: 'Nur diesen Rechner einlassen',
    },
  },
  'network-stopped': {
    en: {
      cause: 'The virtual network “{network}” is stopped, and these machines are in it: {machines}.',
      consequence: 'They do not start; one that runs has no connection.',
      action: 'Start the network, or put the machines into another one.',
      mend: 'Start the network',
    },
    de: {
      cause: 'Das virtuelle Netz „{network}“ ist angehalten, und an ihm hängen diese Maschinen: {machines}.',
      consequence: 'Sie starten nicht; eine, die läuft, hat keine Verbindung.',
      action: 'Das Netz starten oder die Maschinen an ein anderes hängen.',
      mend: 'Netz starten',
    },
  },
  'network-missing': {
    en: {
      cause: '“{name}” is in the network “{network}”, which does not exist.',
      consequence: 'The machine does not start.',
      action: 'Create that network again, or put the machine into “default”.',
      mend: 'Put it into “default”',
    },
    de: {
      cause: '„{name}“ hängt am Netz „{network}“, das es nicht gibt.',
      consequence: 'Die Maschine startet nicht.',
      action: 'Das Netz neu anlegen oder die Maschine an „default“ hängen.',
      mend: 'An „default“ hängen',
    },
  },
  'clock-stands': {
    en: {
      cause: 'The clock of “{name}” stands at the moment it was saved.',
      consequence: 'Certificates and logs in the guest may be wrong.',
      action: 'Set the clock in the guest, or run a time service there.',
    },
    de: {
      cause: 'Die Uhr von „{name}“ steht auf dem Zeitpunkt der Sicherung.',
      consequence: 'Zertifikate und Protokolle im Gast können falsch sein.',
      action: 'Die Uhr im Gast stellen oder dort einen Zeitdienst laufen lassen.',
    },
  },
  'name-twice': {
    en: {
      cause: 'Another machine is named “{name}” too: {other}. This one is {id}.',
      consequence: 'Lists do not tell them apart, and xm refuses the name.',
      action: 'Rename one of them.',
      mend: 'Rename to “{free}”',
    },
    de: {
      cause: 'Noch eine Maschine heißt „{name}“: {other}. Diese hier ist {id}.',
      consequence: 'In Listen sind sie nicht zu unterscheiden, und xm weist den Namen zurück.',
      action: 'Eine davon umbenennen.',
      mend: 'In „{free}“ umbenennen',
    },
  },
  'clock-off': {
    en: {
      cause: 'The clock of “{name}” may be off by {off}: the clock of this computer was set, or the computer slept.',
      consequence: 'Certificates and logs in the guest may be wrong.',
      action: 'Set the clock in the guest, unless a time service there has done so.',
    },
    de: {
      cause: 'Die Uhr von „{name}“ geht vielleicht um {off} falsch: Die Uhr dieses Rechners wurde gestellt, oder er schlief.',
      consequence: 'Zertifikate und Protokolle im Gast können falsch sein.',
      action: 'Die Uhr im Gast stellen, wenn dort kein Zeitdienst das getan hat.',
    },
  },
  crashed: {
    en: {
      cause: '“{name}” crashed: {detail}.',
      consequence: 'It does nothing until it is started again.',
      action: 'Look at its log, then start it.',
    },
    de: {
      cause: '„{name}“ ist abgestürzt: {detail}.',
      consequence: 'Sie tut nichts, bis sie wieder gestartet wird.',
      action: 'Ihr Protokoll ansehen, dann starten.',
    },
  },
}

export function findingText(finding: Finding, language: Language): Words {
  const { cause, consequence, action, mend } = findingTexts[finding.kind][language]
  const named = withPoolName(finding.values, 'pool', language)
  const values = language === 'de' ? withGermanDetail(named) : named
  // What it was may be a sentence of its own, inside of ours.
  const detail = values['detail']?.replace(/\.$/, '')
  const fill = (sentence: string): string => fillSentence(sentence, { ...values, ...(detail !== undefined && { detail }) })
  return {
    cause: fill(cause),
    consequence: fill(consequence),
    action: fill(action),
    ...(mend !== undefined && { mend: fill(mend) }),
  }
}
