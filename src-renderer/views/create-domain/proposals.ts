// What main proposes while the form is filled in: a MAC address that is free, and where new images go. Places follow the
// machine's name, a moment after it was typed. Runs in: create-domain window.

import { useCallback, useEffect, useRef, useState } from 'react'
import { useClient } from '../../client/Client'
import { type DiskForm, isKnown, isMade, madeFormat } from '../../features/disks/disk-form'

const TYPING_MS = 200

/** Its image is to be made, in a format that is known, and the user named no place. */
const isProposed = (disk: DiskForm): boolean =>
  isMade(disk) && isKnown(disk) && (disk.source === 'copy' || disk.path.trim() === '')

type Paths = Readonly<Record<string, string>>

export interface Proposals {
  /** Empty until it is known. */
  readonly mac: string
  /** By disk, for those whose place the user did not name. */
  readonly paths: Paths
  /** Whether `paths` are those of the name and the disks as they are now. */
  readonly settled: boolean
  /** The places as of now, for the moment of Create, of disks as they are by then. */
  readonly propose: (disks: readonly DiskForm[]) => Promise<Paths>
}

export function useProposals(name: string, disks: readonly DiskForm[], takenMacs: ReadonlySet<string>): Proposals {
  const client = useClient()
  const [mac, setMac] = useState('')
  const [found, setFound] = useState<{ readonly of: string; readonly paths: Paths }>({ of: '', paths: {} })
  const wanted = disks.flatMap((disk) => (isProposed(disk) ? [`${disk.dev} ${madeFormat(disk)}`] : []))
  const key = JSON.stringify([name, wanted])
  const latest = useRef(name)
  latest.current = name

  // Another machine may have got the address while this one was being described.
  const isTaken = mac === '' || takenMacs.has(mac)
  useEffect(() => {
    if (!isTaken) return
    void client.call('macPropose', {}).then((proposed) => {
      if (proposed.ok) setMac(proposed.value.mac)
    })
  }, [client, isTaken])

  const propose = useCallback(
    async (wanted: readonly DiskForm[]): Promise<Paths> => {
      const paths: Record<string, string> = {}
      for (const disk of wanted.filter(isProposed)) {
        const taken = Object.values(paths)
        const proposed = await client.call('imageProposePath', { name: latest.current, format: madeFormat(disk), taken })
        if (proposed.ok) paths[disk.dev] = proposed.value.path
      }
      return paths
    },
    [client],
  )

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for all that a proposal depends on
  useEffect(() => {
    let gone = false
    const timer = setTimeout(() => {
      void propose(disks).then((paths) => {
        if (!gone) setFound({ of: key, paths })
      })
    }, TYPING_MS)
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [propose, key])

  return { mac, paths: found.paths, settled: found.of === key, propose }
}
