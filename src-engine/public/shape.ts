// Tiny run-time shapes for what crosses a boundary. A shape checks an unknown value and gives its static type:
//   const point = object({ x: integer(), y: integer() });  type Point = Static<typeof point>
// A shape returns a copy that holds only what it names, so that nothing unnamed gets past a boundary.
// Invariant: `check` never throws, whatever it is given, and reads each property once.
// Note to the others: written by the app engineer because it was needed first; owned by the dom0 engineer. Extend, keep names.
// Runs in: anything.
import { err, ok, type Result } from './result'

export interface Shape<T> {
  /** What is expected, in words, for messages and documents. */
  readonly name: string
  /** The value as T, or one sentence fragment saying where it is wrong: "memoryMiB: expected an integer". */
  check(value: unknown): Result<T, string>
}

export type Static<S> = S extends Shape<infer T> ? T : never

function shape<T>(name: string, check: (value: unknown) => Result<T, string>): Shape<T> {
  return { name, check }
}

export function string(maxLength = 1 << 16): Shape<string> {
  return shape('a string', (value) => {
    if (typeof value !== 'string') return err('expected a string')
    return value.length <= maxLength ? ok(value) : err(`longer than ${maxLength} characters`)
  })
}

export function boolean(): Shape<boolean> {
  return shape('true or false', (value) => (typeof value === 'boolean' ? ok(value) : err('expected true or false')))
}

export function number(min = -Number.MAX_VALUE, max = Number.MAX_VALUE): Shape<number> {
  return shape('a number', (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return err('expected a number')
    return value >= min && value <= max ? ok(value) : err(`not within ${min} to ${max}`)
  })
}

export function integer(min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): Shape<number> {
  return shape('an integer', (value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) return err('expected an integer')
    return value >= min && value <= max ? ok(value) : err(`not within ${min} to ${max}`)
  })
}

export function bytes(maxLength = 1 << 24): Shape<Uint8Array> {
  return shape('bytes', (value) => {
    if (!(value instanceof Uint8Array)) return err('expected bytes')
    return value.length <= maxLength ? ok(value) : err(`longer than ${maxLength} bytes`)
  })
}

export function literal<const T extends string | number | boolean | null>(wanted: T): Shape<T> {
  return shape(JSON.stringify(wanted), (value) => (value === wanted ? ok(wanted) : err(`expected ${JSON.stringify(wanted)}`)))
}

export function oneOf<const T extends readonly (string | number)[]>(wanted: T): Shape<T[number]> {
  return shape(`one of ${wanted.join(', ')}`, (value) => {
    const found = wanted.find((each) => each === value)
    return found === undefined ? err(`expected one of ${wanted.join(', ')}`) : ok(found)
  })
}

export function nullable<T>(inner: Shape<T>): Shape<T | null> {
  return shape(`${inner.name} or null`, (value) => (value === null ? ok(null) : inner.check(value)))
}

export function array<T>(inner: Shape<T>, maxLength = 1 << 16): Shape<T[]> {
  return shape(`a list of ${inner.name}`, (value) => {
    if (!Array.isArray(value)) return err('expected a list')
    if (value.length > maxLength) return err(`longer than ${maxLength} items`)
    const items: T[] = []
    for (let index = 0; index < value.length; index++) {
      const item = inner.check(value[index])
      if (!item.ok) return err(`${index}: ${item.error}`)
      items.push(item.value)
    }
    return ok(items)
  })
}

export function record<T>(inner: Shape<T>, maxLength = 1 << 16): Shape<Record<string, T>> {
  return shape(`a record of ${inner.name}`, (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return err('expected a record')
    const entries = Object.entries(value)
    if (entries.length > maxLength) return err(`more than ${maxLength} entries`)
    const items: [string, T][] = []
    for (const [key, each] of entries) {
      const item = inner.check(each)
      if (!item.ok) return err(`${key}: ${item.error}`)
      items.push([key, item.value])
    }
    return ok(Object.fromEntries(items))
  })
}

export type Fields = { readonly [key: string]: Shape<unknown> }
export type Members<F extends Fields> = { [K in keyof F]: Static<F[K]> }

export function object<F extends Fields>(fields: F): Shape<Members<F>> {
  const isMembers = (value: Record<string, unknown>): value is Members<F> => Object.keys(fields).every((key) => key in value)
  return shape(`{ ${Object.keys(fields).join(', ')} }`, (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return err('expected an object')
    const given = new Map(Object.entries(value))
    const members: Record<string, unknown> = {}
    for (const [key, inner] of Object.entries(fields)) {
      const member = inner.check(given.get(key))
      if (!member.ok) return err(`${key}: ${member.error}`)
      members[key] = member.value
    }
    return isMembers(members) ? ok(members) : err('expected an object')
  })
}

/** A union told apart by its `kind` field. Give objects whose `kind` is a literal. */
export function union<S extends readonly Shape<unknown>[]>(...shapes: S): Shape<Static<S[number]>> {
  const isMember = (_value: unknown, found: boolean): _value is Static<S[number]> => found
  return shape(shapes.map((each) => each.name).join(' or '), (value) => {
    let first = 'expected one of several shapes'
    for (const each of shapes) {
      const found = each.check(value)
      if (found.ok && isMember(found.value, true)) return ok(found.value)
      if (!found.ok && !found.error.startsWith('kind:')) first = found.error
    }
    return err(first)
  })
}
