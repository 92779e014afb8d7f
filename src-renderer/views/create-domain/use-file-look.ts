// What a file that was named is, by its first bytes, a moment after it was typed: a slip is said under its field, not after Create.
// Invariant: never refuses anything. The hypervisor alone says what it starts, and knows more kernels than a look can tell.
// Runs in: create-domain window.

import { useEffect, useState } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { HostFile } from '../../../src-main/public/list'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { isAbsolute } from '../../lib/path'
import type { Translator } from '../../lib/translate'

const TYPING_MS = 200

interface Look {
  readonly path: string
  readonly kind: HostFile['kind'] | null
  readonly error: ErrorReport | null
}

/** What is wrong with the file, as far as a look tells; undefined while nothing is, or nobody has looked yet. */
export function useFileLook(typed: string, wanted: 'kernel' | 'ramdisk', t: Translator): string | undefined {
  const client = useClient()
  const path = typed.trim()
  const [look, setLook] = useState<Look | null>(null)
  useEffect(() => {
    if (!isAbsolute(path)) return
    let gone = false
    const timer = setTimeout(() => {
      void client.call('fileLook', { path }).then((found) => {
        if (gone) return
        setLook(found.ok ? { path, kind: found.value.kind, error: null } : { path, kind: null, error: found.error })
      })
    }, TYPING_MS)
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [client, path])
  if (look === null || look.path !== path) return undefined
  if (look.error !== null) return errorText(look.error, t.language).cause
  return look.kind === wanted ? undefined : t(wanted === 'kernel' ? 'create.not-kernel' : 'create.not-ramdisk')
}
