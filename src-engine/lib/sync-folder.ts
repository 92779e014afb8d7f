// Makes new and changed names in a folder last: a file's name is on the host's disk only when its folder is.
// Runs in: any process.
import { open } from 'node:fs/promises'

export async function syncFolder(folder: string): Promise<void> {
  // Not every system lets a folder be opened; a name is then as durable as that system makes it.
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}
