// Snapshots: tree, timeline, branches, differences. Runs in: every window.
import type { MessageRow } from './row'

export const snapshots = {
  'snapshots.label': { en: 'Snapshots of {name}', de: 'Sicherungspunkte von {name}' },
  'snapshots.take': { en: 'Take snapshot…', de: 'Neu anlegen …' },
  'snapshots.take-title': { en: 'Take a snapshot of “{name}”', de: 'Sicherungspunkt von „{name}“ anlegen' },
  'snapshots.take-live': {
    en: 'Memory and all disks of one instant are kept; the machine goes on meanwhile.',
    de: 'Speicher und alle Platten eines Augenblicks werden aufgehoben; die Maschine läuft dabei weiter.',
  },
  'snapshots.take-off': {
    en: 'The machine is off: its disks and its configuration are kept.',
    de: 'Die Maschine ist aus: Platten und Konfiguration werden aufgehoben.',
  },
  'snapshots.stem': { en: 'Snapshot', de: 'Sicherungspunkt' },
  'snapshots.copy-stem': { en: 'copy', de: 'Kopie' },
  'snapshots.name': { en: 'Name', de: 'Name' },
  'snapshots.description': { en: 'Description', de: 'Beschreibung' },
  'snapshots.machine-name': { en: 'Name', de: 'Name' },
  'snapshots.rename-title': { en: 'Name and description', de: 'Name und Beschreibung' },
  'snapshots.shape': { en: 'Shown as', de: 'Gezeigt als' },
  'snapshots.shape-tree': { en: 'Tree', de: 'Baum' },
  'snapshots.shape-time': { en: 'Timeline', de: 'Zeitleiste' },
  'snapshots.later': { en: '{time} later', de: '{time} später' },
  'snapshots.ago': { en: '{time} until now', de: '{time} bis jetzt' },
  'snapshots.now': { en: 'Now', de: 'Jetzt' },
  'snapshots.none': {
    en: 'No snapshots yet. One keeps memory and disks of an instant, to go back to or to make another machine from.',
    de: 'Noch keine Sicherungspunkte. Einer hebt Speicher und Platten eines Augenblicks auf, um dahin zurückzukehren oder eine weitere Maschine daraus zu machen.',
  },
  'snapshots.from-start': { en: 'Did not come from a snapshot.', de: 'Kommt von keinem Sicherungspunkt.' },
  'snapshots.since': {
    en: 'Came from “{name}”; {size} were written to the disks since.',
    de: 'Kommt von „{name}“; seither wurden {size} auf die Platten geschrieben.',
  },
  'snapshots.picture': { en: 'Picture of {name}', de: 'Bild von {name}' },
  'snapshots.state-running': { en: 'running, with memory', de: 'laufend, mit Speicher' },
  'snapshots.state-paused': { en: 'paused, with memory', de: 'angehalten, mit Speicher' },
  'snapshots.state-shutoff': { en: 'shut off', de: 'ausgeschaltet' },
  'snapshots.taken': { en: 'Taken', de: 'Angelegt' },
  'snapshots.state': { en: 'State', de: 'Zustand' },
  'snapshots.memory': { en: 'Memory takes', de: 'Speicher belegt' },
  'snapshots.no-memory': { en: 'none', de: 'keiner' },
  'snapshots.growth': { en: 'Disks until {name}', de: 'Platten bis {name}' },
  'snapshots.compare': { en: 'Compare with', de: 'Vergleichen mit' },
  'snapshots.grown': {
    en: 'From “{from}” to “{to}” {size} were written to the disks.',
    de: 'Von „{from}“ bis „{to}“ wurden {size} auf die Platten geschrieben.',
  },
  'snapshots.grown-since': {
    en: 'Both came from “{shared}”. Since then {size} were written to the disks up to “{name}”, and {otherSize} up to “{otherName}”.',
    de: 'Beide kommen von „{shared}“. Seither wurden bis „{name}“ {size} auf die Platten geschrieben, bis „{otherName}“ {otherSize}.',
  },
  'snapshots.grown-apart': {
    en: 'They have no snapshot in common. The disks hold {size} at “{name}”, and {otherSize} at “{otherName}”.',
    de: 'Sie haben keinen Sicherungspunkt gemeinsam. Die Platten enthalten bei „{name}“ {size}, bei „{otherName}“ {otherSize}.',
  },
  'snapshots.same': { en: 'No difference.', de: 'Kein Unterschied.' },
  'snapshots.what': { en: 'What', de: 'Was' },
  'snapshots.then': { en: 'Then', de: 'Damals' },
  'snapshots.setting': { en: '{device}: {what}', de: '{device}: {what}' },
  'snapshots.there': { en: 'there', de: 'vorhanden' },
  'snapshots.on': { en: 'on', de: 'an' },
  'snapshots.off': { en: 'off', de: 'aus' },
  'snapshots.revert': { en: 'Go back…', de: 'Zurückkehren …' },
  'snapshots.revert-title': { en: 'Go back to “{name}”?', de: 'Zu „{name}“ zurückkehren?' },
  'snapshots.revert-body': {
    en: 'The present state is given up, with {size} written to the disks. Take a snapshot first to keep it.',
    de: 'Der jetzige Zustand wird aufgegeben, mit {size} auf den Platten. Wer ihn behalten will, legt erst einen Sicherungspunkt an.',
  },
  'snapshots.revert-live': {
    en: 'The machine then runs on from the snapshot’s memory.',
    de: 'Die Maschine läuft dann mit dem Speicher des Sicherungspunkts weiter.',
  },
  'snapshots.revert-off': { en: 'The machine is off then.', de: 'Die Maschine ist dann aus.' },
  'snapshots.branch': { en: 'Branch…', de: 'Abzweigen …' },
  'snapshots.branch-title': { en: 'A new machine from “{name}”', de: 'Eine neue Maschine aus „{name}“' },
  'snapshots.branch-live': {
    en: 'It runs on from that memory beside the original, with disks and a MAC address of its own. Its disks hold what differs.',
    de: 'Sie läuft mit jenem Speicher neben dem Original weiter, mit eigenen Platten und eigener MAC-Adresse. Ihre Platten enthalten, was sich unterscheidet.',
  },
  'snapshots.branch-network': {
    en: 'While another machine has its address it is silent on the network until it asks for its own: by itself when its lease is to be renewed, or at once with “udhcpc” or “dhclient”.',
    de: 'Solange eine andere Maschine ihre Adresse hat, schweigt sie im Netz, bis sie nach einer eigenen fragt: von selbst, wenn ihre alte zu erneuern ist, oder gleich mit „udhcpc“ oder „dhclient“.',
  },
  'snapshots.branch-off': {
    en: 'It is off, with disks and a MAC address of its own. Its disks hold what differs.',
    de: 'Sie ist aus, mit eigenen Platten und eigener MAC-Adresse. Ihre Platten enthalten, was sich unterscheidet.',
  },
  'snapshots.fork': { en: 'Running copy…', de: 'Laufende Kopie …' },
  'snapshots.fork-title': { en: 'A running copy of “{name}”', de: 'Eine laufende Kopie von „{name}“' },
  'snapshots.fork-note': {
    en: 'A running copy goes on from this instant beside the original; no snapshot is kept.',
    de: 'Eine laufende Kopie macht von diesem Augenblick an neben dem Original weiter; kein Sicherungspunkt bleibt.',
  },
  'snapshots.fork-off': {
    en: 'A running copy can be made while the machine runs.',
    de: 'Eine laufende Kopie geht, während die Maschine läuft.',
  },
  'snapshots.clone': { en: 'Clone…', de: 'Klonen …' },
  'snapshots.rename': { en: 'Rename…', de: 'Umbenennen …' },
  'snapshots.delete': { en: 'Delete…', de: 'Löschen …' },
  'snapshots.delete-title': { en: 'Delete the snapshot “{name}”?', de: 'Sicherungspunkt „{name}“ löschen?' },
  'snapshots.delete-body': {
    en: 'Its memory and picture go. The machine and other snapshots stay as they are.',
    de: 'Sein Speicher und sein Bild verschwinden. Die Maschine und andere Sicherungspunkte bleiben, wie sie sind.',
  },
  'snapshots.merged': {
    en: 'What only its disks hold is merged with what came from it.',
    de: 'Was nur seine Platten enthalten, wird mit dem zusammengeführt, was aus ihm wurde.',
  },
  'snapshots.merged-live': {
    en: 'What only its disks hold is merged with what came from it while the machine runs on.',
    de: 'Was nur seine Platten enthalten, wird mit dem zusammengeführt, was aus ihm wurde, während die Maschine weiterläuft.',
  },
  'snapshots.shared': {
    en: 'Its disks stay for now: several disks stand on them, and they are merged once only one does.',
    de: 'Seine Platten bleiben vorerst: Mehrere Platten bauen auf ihnen auf; zusammengeführt werden sie, sobald es nur noch eine ist.',
  },
  'snapshots.kept': {
    en: 'Its disk is the file you gave the machine. It stays until the snapshot that stands on it is deleted too.',
    de: 'Seine Platte ist die Datei, die Sie der Maschine gegeben haben. Sie bleibt, bis auch der Sicherungspunkt gelöscht ist, der auf ihr aufbaut.',
  },
  'snapshots.delete-below-one': {
    en: 'Also the snapshot that came from it',
    de: 'Auch den Sicherungspunkt, der aus ihm wurde',
  },
  'snapshots.delete-below-other': {
    en: 'Also the {count} snapshots that came from it',
    de: 'Auch die {count} Sicherungspunkte, die aus ihm wurden',
  },
} as const satisfies Record<string, MessageRow>
