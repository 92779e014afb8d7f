// What main proposes while the form is filled in: a MAC address that is free, and where new images go. Places follow the
// machine's name, a moment after it was typed. Runs in: create-domain window.

import { useCallback, useEffect, useRef, useState } from 'react'
import { useClient } from '../../client/Client'
import { type DiskForm, isMade, madeFormat } from '../../features/disks/disk-form'

const TYPING_MS = 200

/** Its image is to be made, and the user named no place. */
const isProposed = (disk: DiskForm): boolean => isMade(disk) && (disk.source === 'copy' || disk.path.trim() === '')

type Paths = Readonly<Record<string, string>>

export interface Proposals {
  /** Empty until it is known. */
  readonly mac: string
  /** By disk, for those whose place the user did not name. */
  readonly paths: Paths
  /** The places as of now, for the moment of Create. */
  readonly propose: () => Promise<Paths>
}

export function useProposals(name: string, disks: readonly DiskForm[], takenMacs: ReadonlySet<string>): Proposals {
  const client = useClient()
  const [mac, setMac] = useState('')
  const [paths, setPaths] = useState<Paths>({})
  const wanted = disks.flatMap((disk) => (isProposed(disk) ? [`${disk.dev} ${madeFormat(disk)}`] : []))
  const key = JSON.stringify([name, wanted])
  const latest = useRef({ name, disks })
  latest.current = { name, disks }

  // Another machine may have got the address while this one was being described.
  const isTaken = mac === '' || takenMacs.has(mac)
  useEffect(() => {
    if (!isTaken) return
    void client.call('macPropose', {}).then((proposed) => {
      if (proposed.ok) setMac(proposed.value.mac)
    })
  }, [client, isTaken])

  const propose = useCallback(async (): Promise<Paths> => {
    const found: Record<string, string> = {}
    for (const disk of latest.current.disks) {
      if (!isProposed(disk)) continue
      const taken = Object.values(found)
      const proposed = await client.call('imageProposePath', {
        name: latest.current.name,
        format: madeFormat(disk),
        taken,
      })
      if (proposed.ok) found[disk.dev] = proposed.value.path
    }
    return found
  }, [client])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for all that a proposal depends on
  useEffect(() => {
    let gone = false
    const timer = setTimeout(() => {
      void propose().then((found) => {
        if (!gone) setPaths(found)
      })
    }, TYPING_MS)
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [propose, key])

  return { mac, paths, propose }
}
