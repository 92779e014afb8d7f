// What a machine shows right now, small: its screen, or the end of its text console where it has none. Asked for every other second
// while it is in sight and runs. Invariant: the box has its size from the start; a machine that is off is a quiet icon.
// Runs in: wall window.

import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { Icon, type IconName } from '../../components/Icon'
import { lastLines } from './last-lines'
import './thumbnail.css'

const EVERY_MS = 2000
const WIDTH = 320
const LINES = 16

function useInSight(): [(node: HTMLElement | null) => void, boolean] {
  const [node, setNode] = useState<HTMLElement | null>(null)
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    if (node === null) return
    const watcher = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting === true))
    watcher.observe(node)
    return () => watcher.disconnect()
  }, [node])
  return [setNode, seen]
}

export function Thumbnail(props: {
  readonly domain: DomainInfo
  /** Shown while there is nothing to see: how the machine stands. */
  readonly icon: IconName
  readonly colour: string
}) {
  const { domain } = props
  const client = useClient()
  const [box, inSight] = useInSight()
  const canvas = useRef<HTMLCanvasElement>(null)
  const runs = domain.domid !== null && domain.state !== 'crashed'
  const query = useQuery({
    ...callQuery(client, 'domainThumbnail', { uuid: domain.uuid, width: WIDTH }),
    enabled: runs && inSight,
    staleTime: 0,
    gcTime: 0,
    refetchInterval: runs && inSight ? EVERY_MS : false,
    structuralSharing: false,
  })
  const png = runs ? query.data?.png : undefined
  const text = runs ? query.data?.text : undefined
  useEffect(() => {
    if (png === undefined) return
    let gone = false
    // Not an image of a page's own address: what a guest draws stays pixels.
    void createImageBitmap(new Blob([new Uint8Array(png)], { type: 'image/png' })).then((picture) => {
      const target = canvas.current
      if (gone || target === null) return picture.close()
      target.width = picture.width
      target.height = picture.height
      target.getContext('2d')?.drawImage(picture, 0, 0)
      picture.close()
    })
    return () => {
      gone = true
    }
  }, [png])
  return (
    <div ref={box} className="thumbnail" aria-hidden="true">
      {png !== undefined && <canvas ref={canvas} data-testid="thumbnail-picture" />}
      {png === undefined && text !== undefined && <pre data-testid="thumbnail-text">{lastLines(text, LINES)}</pre>}
      {png === undefined && text === undefined && (
        <span className={`thumbnail-off state-${props.colour}`}>
          <Icon name={props.icon} />
        </span>
      )}
    </div>
  )
}
