// The ISO image a new machine is made from, and what was found on it: the system by its label, kernel and ramdisk.
// Invariant: an image is looked into a moment after it was named; until then, and when nothing is found, the page has none of it.
// Runs in: create-domain window.

import { useEffect, useRef } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { Button } from '../../components/Button'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { isAbsolute } from '../../lib/path'
import type { Media } from './media'

const TYPING_MS = 200

export interface RefusedMedia {
  readonly path: string
  readonly error: ErrorReport
}

export interface MediaFieldsProps {
  readonly path: string
  readonly media: Media | null
  /** The last image that was looked into in vain. */
  readonly refused: RefusedMedia | null
  /** What is missing is said. */
  readonly shown: boolean
  readonly onPath: (path: string) => void
  readonly onMedia: (media: Media | null) => void
  readonly onRefused: (refused: RefusedMedia | null) => void
  readonly onRefusal: (refusal: ErrorReport) => void
}

export function MediaFields(props: MediaFieldsProps) {
  const { media, refused, onPath } = props
  const { t } = useWords()
  const client = useClient()
  const path = props.path.trim()

  const known = media?.path ?? null
  const tell = useRef(props)
  tell.current = props
  useEffect(() => {
    if (known === path) return
    if (known !== null) tell.current.onMedia(null)
    if (!isAbsolute(path)) return
    let gone = false
    const timer = setTimeout(() => {
      void client.call('mediaLook', { path }).then((found) => {
        if (gone) return
        tell.current.onRefused(found.ok ? null : { path, error: found.error })
        if (found.ok) tell.current.onMedia({ ...found.value, path })
      })
    }, TYPING_MS)
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [client, path, known])

  const browse = async () => {
    const picked = await client.call('filePick', { kind: 'openMedia', suggestedName: '' })
    if (!picked.ok) props.onRefusal(picked.error)
    else if (picked.value.path !== null) onPath(picked.value.path)
  }

  const missing = path === '' ? t('create.iso-needed') : isAbsolute(path) ? undefined : t('create.path-relative')
  const error =
    refused?.path === path ? errorText(refused.error, t.language).cause : props.shown && media === null ? missing : undefined
  const found =
    media === null
      ? []
      : ([
          ['system', media.media.label || t('create.iso-unnamed')],
          ['kernel', media.media.kernel],
          ['ramdisk', media.media.ramdisk],
        ] as const)
  return (
    <>
      <TextField
        label={t('create.iso-file')}
        value={props.path}
        mono
        onChange={onPath}
        hint={t('create.iso-file-hint')}
        error={error}
        after={
          <Button icon="folder" label={t('create.browse-iso')} onPress={() => void browse()}>
            {t('button.browse')}
          </Button>
        }
      />
      {found.map(([what, value]) => (
        <div key={what} className="field">
          <span className="field-label">{t(`create.iso-${what}`)}</span>
          <div className="field-control">
            <span className="create-chosen selectable" title={value} data-testid={`iso-${what}`}>
              {value}
            </span>
          </div>
          <span className="field-message">{what === 'system' ? t('create.iso-found-hint') : ''}</span>
        </div>
      ))}
    </>
  )
}
