// Which disk images are to go with a machine that is deleted. A disk that stands on overlays of snapshots is named by its own file.
// Runs in: manager and domain windows.
import { useQuery } from '@tanstack/react-query'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { Check } from '../../components/Check'
import { useWords } from '../../components/Language'

export function DeletedDisks(props: {
  readonly domain: DomainInfo
  /** Paths as the machine names them. */
  readonly value: readonly string[]
  readonly onChange: (paths: readonly string[]) => void
}) {
  const { domain, value, onChange } = props
  const { t } = useWords()
  const { data: files } = useQuery({
    ...callQuery(useClient(), 'diskFiles', { uuid: domain.uuid }),
    refetchOnMount: 'always',
  })
  const paths = writtenImages(domain)
  if (paths.length === 0) return null
  return (
    <fieldset className="confirm-disks">
      <legend>{t('confirm.delete-disks')}</legend>
      {paths.map((path) => {
        const base = files?.find((disk) => disk.path === path)?.base ?? null
        return (
          <Check
            key={path}
            label={base === null ? path : t('confirm.delete-disk-base', { path: base })}
            value={value.includes(path)}
            onChange={(on) => onChange(on ? [...value, path] : value.filter((each) => each !== path))}
          />
        )
      })}
    </fieldset>
  )
}

/** What its guest could write to: what it only read belongs to nobody alone. */
function writtenImages({ config }: DomainInfo): string[] {
  return (config?.devices ?? []).flatMap((device) =>
    device.kind === 'vbd' && !device.readonly && device.path !== '' ? [device.path] : [],
  )
}
