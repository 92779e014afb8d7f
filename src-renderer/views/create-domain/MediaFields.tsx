// What a new machine is installed from, an ISO image or an installation tree of the network, and what was found there: the system by its
// name, kernel and ramdisk.
// Invariant: what is named is looked into a moment later, by main; until then, and when nothing is found, the page has none of it.
// Runs in: create-domain window.

import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { TREE_ADDRESS_MOST } from '../../../src-main/public/tree-address'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { callQuery } from '../../client/queries'
import { Button } from '../../components/Button'
import { ComboField } from '../../components/ComboField'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { canBeLooked, type Media, type MediaWay } from './media'

/** A server is not asked for every letter of its name. */
const TYPING_MS = { iso: 200, tree: 700 } as const

export interface RefusedMedia {
  readonly path: string
  readonly error: ErrorReport
}

export interface MediaFieldsProps {
  /** The path of an image, or the address of a tree. */
  readonly path: string
  readonly media: Media | null
  /** The last one that was looked into in vain. */
  readonly refused: RefusedMedia | null
  /** What is missing is said. */
  readonly shown: boolean
  readonly onPath: (path: string) => void
  readonly onMedia: (media: Media | null) => void
  readonly onRefused: (refused: RefusedMedia | null) => void
  readonly onRefusal: (refusal: ErrorReport) => void
}

/** Looks into what is named; true while that goes on. */
function useLook(way: MediaWay, props: MediaFieldsProps): boolean {
  const client = useClient()
  const [looking, setLooking] = useState(false)
  const path = props.path.trim()
  const known = props.media?.path ?? null
  const tell = useRef(props)
  tell.current = props
  useEffect(() => {
    setLooking(false)
    if (known === path) return
    if (known !== null) tell.current.onMedia(null)
    if (!canBeLooked(way, path)) return
    let gone = false
    const timer = setTimeout(() => {
      setLooking(true)
      void client.call('mediaLook', { path }).then((found) => {
        if (gone) return
        setLooking(false)
        tell.current.onRefused(found.ok ? null : { path, error: found.error })
        if (found.ok) tell.current.onMedia({ ...found.value, path })
      })
    }, TYPING_MS[way])
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [client, way, path, known])
  return looking
}

export function MediaFields(props: MediaFieldsProps & { readonly way: MediaWay }) {
  const { way, media, refused } = props
  const { t, formats } = useWords()
  const looking = useLook(way, props)
  const path = props.path.trim()
  const badForm = way === 'iso' ? t('create.path-relative') : t('create.tree-no-address')
  const missing = path === '' ? t(`create.${way}-needed`) : canBeLooked(way, path) ? undefined : badForm
  const error =
    refused?.path === path ? errorText(refused.error, t.language).cause : props.shown && media === null ? missing : undefined
  const size = media?.media.size ?? 0
  const hint =
    way === 'iso'
      ? t('create.iso-found-hint')
      : size > 0
        ? t('create.tree-found-hint', { size: formats.size(size) })
        : t('create.tree-found-unsized')
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
      {way === 'iso' ? (
        <IsoField {...props} error={error} />
      ) : (
        <TreeField {...props} error={looking ? undefined : error} looking={looking} />
      )}
      {found.map(([what, value]) => (
        <div key={what} className="field">
          <span className="field-label">{t(`create.iso-${what}`)}</span>
          <div className="field-control">
            <span className="create-chosen selectable" title={value} data-testid={`iso-${what}`}>
              {value}
            </span>
          </div>
          <span className="field-message">{what === 'system' ? hint : ''}</span>
        </div>
      ))}
    </>
  )
}

function IsoField(props: MediaFieldsProps & { readonly error: string | undefined }) {
  const { t } = useWords()
  const client = useClient()
  const browse = async () => {
    const picked = await client.call('filePick', { kind: 'openMedia', suggestedName: '' })
    if (!picked.ok) props.onRefusal(picked.error)
    else if (picked.value.path !== null) props.onPath(picked.value.path)
  }
  return (
    <TextField
      label={t('create.iso-file')}
      value={props.path}
      mono
      onChange={props.onPath}
      hint={t('create.iso-file-hint')}
      error={props.error}
      after={
        <Button icon="folder" label={t('create.browse-iso')} onPress={() => void browse()}>
          {t('button.browse')}
        </Button>
      }
    />
  )
}

function TreeField(props: MediaFieldsProps & { readonly error: string | undefined; readonly looking: boolean }) {
  const { t } = useWords()
  const client = useClient()
  const recent = useQuery({ ...callQuery(client, 'treeRecent', {}), gcTime: 0 }).data?.addresses ?? []
  return (
    <ComboField
      label={t('create.tree-address')}
      value={props.path}
      suggestions={recent}
      listLabel={t('create.tree-recent')}
      mono
      onChange={(path) => props.onPath(path.slice(0, TREE_ADDRESS_MOST))}
      hint={t(props.looking ? 'create.tree-looking' : 'create.tree-address-hint')}
      error={props.error}
    />
  )
}
