// One part of a guest's inside, asked for once a second while its page shows and the guest is there; the answer before is kept
// beside it, so that pages can say how much a second. Invariant: nobody looking, nothing asked. Runs in: domain window.

import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import type { InspectPart, InspectReply } from '../../../../src-main/public/inspect'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { callQuery } from '../../../client/queries'

export interface Seen {
  readonly reply: InspectReply
  /** The answer before, of the same run, and how long ago it was. */
  readonly before: InspectReply | null
  readonly seconds: number
}

export function useInspect(domain: DomainInfo, part: InspectPart): Seen | null {
  const client = useClient()
  const there = domain.domid !== null && domain.state !== 'crashed'
  const query = useQuery({
    ...callQuery(client, 'domainInspect', { uuid: domain.uuid, parts: [part] }),
    enabled: there,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: there ? 1000 : false,
    structuralSharing: false,
  })
  const last = useRef<{ domid: number | null; reply: InspectReply; at: number; seen: Seen } | null>(null)
  const reply = query.data
  if (!there || reply === undefined) return null
  const known = last.current
  if (known?.reply === reply) return known.seen
  const sameRun = known !== null && known.domid === domain.domid
  const at = query.dataUpdatedAt
  const seen: Seen = {
    reply,
    before: sameRun ? known.reply : null,
    seconds: sameRun ? Math.max(0.001, (at - known.at) / 1000) : 0,
  }
  last.current = { domid: domain.domid, reply, at, seen }
  return seen
}
