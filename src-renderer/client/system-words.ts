// What the operating system says of a file or a port, as Node words it, and a few such words of ours, in German. Words that are not here
// stay as they came. Runs in: renderer and tests; pure.

export const systemWords: Readonly<Record<string, string>> = {
  'no such file or directory': 'nicht vorhanden',
  'no such file': 'nicht vorhanden',
  'it is not there': 'nicht vorhanden',
  'it is not there any more': 'nicht mehr vorhanden',
  'permission denied': 'keine Berechtigung',
  'operation not permitted': 'nicht erlaubt',
  'no space left on device': 'kein Platz mehr auf dem Datenträger',
  'disk quota exceeded': 'das Kontingent ist aufgebraucht',
  'read-only file system': 'der Datenträger lässt sich nicht beschreiben',
  'file already exists': 'schon vorhanden',
  'illegal operation on a directory': 'es ist ein Ordner',
  'it is a folder': 'es ist ein Ordner',
  'not a directory': 'es ist kein Ordner',
  'it is no folder': 'es ist kein Ordner',
  'directory not empty': 'der Ordner ist nicht leer',
  'too many open files': 'zu viele offene Dateien',
  'file table overflow': 'zu viele offene Dateien',
  'i/o error': 'Ein- oder Ausgabefehler',
  'file too large': 'die Datei wird zu groß',
  'name too long': 'der Name ist zu lang',
  'too many symbolic links encountered': 'Verweise führen im Kreis',
  'resource busy or locked': 'in Benutzung',
  'address already in use': 'die Adresse wird schon benutzt',
  'address not available': 'diese Adresse hat der Rechner nicht',
  'it is not JSON': 'es ist kein JSON',
  'it is of a newer version': 'sie ist von einer neueren Version',
  'it is too large for a configuration': 'für eine Konfiguration zu groß',
  'it is not a save file of Ringmaster': 'keine Sicherung von Ringmaster',
}

export function germanSystemWords(text: string): string {
  return systemWords[text] ?? text
}
