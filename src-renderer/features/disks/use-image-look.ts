// What is in the image a disk's form names, looked up as soon as it is typed; or why nobody can read it, which is said by the field.
// Invariant: both fields of one disk (where the page begins with it, and among the disks) ask once and say the same.
// Runs in: create-domain and domain windows.

import { useQuery } from '@tanstack/react-query'
import type { ImageInfo } from '../../../src-main/public/device'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { callQuery, reportOf } from '../../client/queries'
import { useWords } from '../../components/Language'
import { isAbsolute } from '../../lib/path'
import type { DiskForm } from './disk-form'

export interface ImageLook {
  readonly found: ImageInfo | undefined
  /** Undefined while nothing is wrong, or nobody has looked yet. */
  readonly failure: string | undefined
}

export function useImageLook(form: Pick<DiskForm, 'source' | 'path'> | undefined): ImageLook {
  const { t } = useWords()
  const client = useClient()
  const path = form?.path.trim() ?? ''
  const looking = (form?.source === 'file' || form?.source === 'copy') && isAbsolute(path)
  // The file may change behind our back: it is looked at again whenever its name is given anew.
  const looked = useQuery({ ...callQuery(client, 'imageInspect', { path }), enabled: looking, gcTime: 0 })
  if (!looking) return { found: undefined, failure: undefined }
  return {
    found: looked.data,
    failure: looked.error === null ? undefined : errorText(reportOf(looked.error), t.language).cause,
  }
}
