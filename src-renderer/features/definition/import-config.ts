// A configuration that was dropped becomes a machine that does not run yet. Runs in: manager and create-domain windows.

import type { Client } from '../../../src-main/public/client'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { ok, type Result } from '../../../src-main/public/result'

export interface Imported {
  readonly uuid: string
  /** It has a number where the one in the file was taken; `file`, where the machine went meanwhile. */
  readonly name: string
}

export async function importConfig(client: Client, text: string, file: string): Promise<Result<Imported, ErrorReport>> {
  const made = await client.call('configDefine', { uuid: null, text, start: false })
  if (!made.ok) return made
  const info = await client.call('domainInfo', made.value)
  return ok({ uuid: made.value.uuid, name: info.ok ? info.value.name : file })
}
