// How large a part of the window is, how fine the display under it, and whether the window can be seen at all, as they change.
// Runs in: domain window.

import { type RefObject, useLayoutEffect, useState, useSyncExternalStore } from 'react'
import type { Box } from './fit'

/** Device pixels for each CSS pixel; changes when the window goes to another display or is zoomed. */
export function useDevicePixelRatio(): number {
  return useSyncExternalStore(
    (changed) => {
      let query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`)
      const next = () => {
        query.removeEventListener('change', next)
        query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`)
        query.addEventListener('change', next)
        changed()
      }
      query.addEventListener('change', next)
      return () => query.removeEventListener('change', next)
    },
    () => window.devicePixelRatio,
  )
}

/** Whether the window may be seen: it is not minimized, nor, where the system tells, behind others. */
export function usePageInSight(): boolean {
  return useSyncExternalStore(
    (changed) => {
      document.addEventListener('visibilitychange', changed)
      return () => document.removeEventListener('visibilitychange', changed)
    },
    () => document.visibilityState !== 'hidden',
  )
}

/** The inside of an element, as it changes. */
export function useBox(box: RefObject<HTMLElement | null>): Box {
  const [size, setSize] = useState<Box>({ width: 0, height: 0, pageLeft: 0, pageTop: 0 })
  useLayoutEffect(() => {
    const node = box.current
    if (node === null) return
    const look = () => {
      const { left, top } = node.getBoundingClientRect()
      setSize({ width: node.clientWidth, height: node.clientHeight, pageLeft: left, pageTop: top })
    }
    const watcher = new ResizeObserver(look)
    watcher.observe(node)
    look()
    return () => watcher.disconnect()
  }, [box])
  return size
}
