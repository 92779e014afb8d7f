// Carrying a cable with the mouse: where its loose end is, and over which network it would be let go.
// Invariant: Escape, or letting go anywhere else, changes nothing; a press that hardly moves is a click. Runs in: host window.

import { type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react'
import { type Layout, networkAt } from './layout'
import type { Plug } from './wiring'

const DRAG_FROM = 4

export interface Carried {
  readonly plug: Plug
  /** On the canvas. */
  readonly x: number
  readonly y: number
  readonly over: string | null
}

export interface Carry {
  readonly carried: Carried | null
  press(event: PointerEvent, plug: Plug): void
  move(event: PointerEvent, plug: Plug): void
  release(): void
  cancel(): void
  /** The press that just ended was no click. */
  hasMoved(): boolean
}

export function useCarry(
  canvas: RefObject<HTMLElement | null>,
  layout: Layout,
  onDrop: (plug: Plug, network: string) => void,
): Carry {
  const [carried, setCarried] = useState<Carried | null>(null)
  const pressed = useRef<{ readonly x: number; readonly y: number } | null>(null)
  const moved = useRef(false)
  const cancel = () => {
    pressed.current = null
    setCarried(null)
  }

  const carrying = carried !== null
  useEffect(() => {
    if (!carrying) return
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      pressed.current = null
      setCarried(null)
    }
    window.addEventListener('keydown', onKey, true)
    return () => window.removeEventListener('keydown', onKey, true)
  }, [carrying])

  return {
    carried,
    cancel,
    hasMoved: () => moved.current,
    press: (event, plug) => {
      moved.current = false
      if (event.button !== 0 || plug.fixed !== undefined) return
      pressed.current = { x: event.clientX, y: event.clientY }
      event.currentTarget.setPointerCapture(event.pointerId)
    },
    move: (event, plug) => {
      const from = pressed.current
      const origin = canvas.current?.getBoundingClientRect()
      if (from === null || origin === undefined) return
      if (!moved.current && Math.hypot(event.clientX - from.x, event.clientY - from.y) < DRAG_FROM) return
      moved.current = true
      const [x, y] = [event.clientX - origin.left, event.clientY - origin.top]
      setCarried({ plug, x, y, over: networkAt(layout, x, y) })
    },
    release: () => {
      const done = carried
      cancel()
      if (done !== null && done.over !== null) onDrop(done.plug, done.over)
    },
  }
}
