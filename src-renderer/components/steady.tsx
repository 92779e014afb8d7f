// A component that is drawn again only when what it shows is another. A page keeps what is typed in one place and is drawn at each key: all
// of its fields would be drawn with it, and each of the component library's takes milliseconds.
// Invariant: the functions it is given may be new each time; whatever calls them later calls the newest. So they are for events alone:
// what they answer must not be shown. Data may be new each time, too: it is compared by what stands in it.
// Runs in: every window; `same` in tests.

import { isValidElement, memo, type ReactNode, useRef } from 'react'

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Whether both would be shown alike. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (Array.isArray(one)) {
    return Array.isArray(other) && one.length === other.length && one.every((each, index) => same(each, other[index]))
  }
  // An element has more to it, which is no part of what it shows.
  if (isValidElement(one)) {
    return isValidElement(other) && one.type === other.type && one.key === other.key && same(one.props, other.props)
  }
  if (!isPlain(one) || !isPlain(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && same(Reflect.get(one, key), Reflect.get(other, key)))
  )
}

/** The same properties, with functions that stay the same ones and call the newest. */
function useSteadyFunctions<P extends object>(props: P): P {
  const latest = useRef(props)
  latest.current = props
  const kept = useRef(new Map<string, (...given: unknown[]) => unknown>())
  const steadied: P = { ...props }
  for (const [key, value] of Object.entries(props)) {
    if (typeof value !== 'function') continue
    const call = (...given: unknown[]): unknown => {
      const now: unknown = Reflect.get(latest.current, key)
      return typeof now === 'function' ? now(...given) : undefined
    }
    const steady = kept.current.get(key) ?? call
    kept.current.set(key, steady)
    Reflect.set(steadied, key, steady)
  }
  return steadied
}

export function steady<P extends object>(Shown: (props: P) => ReactNode): (props: P) => ReactNode {
  const Kept = memo<P>(Shown, same)
  return function Steady(props: P) {
    return <Kept {...useSteadyFunctions(props)} />
  }
}
