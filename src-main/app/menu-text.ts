// The words of the menus and the tray, which main draws itself. Everything else is in the renderer's catalogue.
// Runs in: main, plain Node.
import type { Preferences } from '../public/types'

const TEXTS = {
  en: {
    file: 'File',
    newMachine: 'New virtual machine…',
    restore: 'Restore…',
    close: 'Close',
    quit: 'Quit',
    edit: 'Edit',
    preferences: 'Preferences',
    networks: 'Virtual networks',
    view: 'View',
    manager: 'Show manager',
    help: 'Help',
    about: 'About Ringmaster',
    restoreTitle: 'Restore a saved machine',
    saveTitle: 'Save the machine to a file',
    kernelTitle: 'Choose a kernel',
    ramdiskTitle: 'Choose a ramdisk',
    diskTitle: 'Choose a disk image',
    newDiskTitle: 'Where to make the disk image',
    screenshotTitle: 'Save a picture of the screen',
    diskImage: 'Disk image',
    picture: 'Picture',
    writeQuestion: 'May a virtual machine write to this file?',
    writeDetail: '{path}\n\nWhat is in it may be changed or lost.',
    allow: 'Allow',
    savedState: 'Saved machine',
    allFiles: 'All files',
    quitQuestion: 'Virtual machines are running: {names}. What shall become of them?',
    save: 'Save all',
    shutdown: 'Shut down',
    destroy: 'Force off',
    cancel: 'Cancel',
  },
  de: {
    file: 'Datei',
    newMachine: 'Neue virtuelle Maschine…',
    restore: 'Wiederherstellen…',
    close: 'Schließen',
    quit: 'Beenden',
    edit: 'Bearbeiten',
    preferences: 'Einstellungen',
    networks: 'Virtuelle Netze',
    view: 'Ansicht',
    manager: 'Verwaltung zeigen',
    help: 'Hilfe',
    about: 'Über Ringmaster',
    restoreTitle: 'Eine gespeicherte Maschine wiederherstellen',
    saveTitle: 'Die Maschine in eine Datei speichern',
    kernelTitle: 'Einen Kernel auswählen',
    ramdiskTitle: 'Eine Ramdisk auswählen',
    diskTitle: 'Ein Plattenabbild auswählen',
    newDiskTitle: 'Wo das Plattenabbild angelegt werden soll',
    screenshotTitle: 'Ein Bild des Bildschirms speichern',
    diskImage: 'Plattenabbild',
    picture: 'Bild',
    writeQuestion: 'Darf eine virtuelle Maschine in diese Datei schreiben?',
    writeDetail: '{path}\n\nWas darin steht, kann geändert werden oder verloren gehen.',
    allow: 'Erlauben',
    savedState: 'Gespeicherte Maschine',
    allFiles: 'Alle Dateien',
    quitQuestion: 'Es laufen virtuelle Maschinen: {names}. Was soll mit ihnen geschehen?',
    save: 'Alle speichern',
    shutdown: 'Herunterfahren',
    destroy: 'Hart ausschalten',
    cancel: 'Abbrechen',
  },
} as const

export type MenuText = { readonly [K in keyof (typeof TEXTS)['en']]: string }

export function menuText(language: Preferences['language'], systemLocale: string): MenuText {
  const chosen = language === 'system' ? (systemLocale.toLowerCase().startsWith('de') ? 'de' : 'en') : language
  return TEXTS[chosen]
}
