// Shapes: small run-time checks of values from outside (messages, arguments, files) that also give the static type.
// A shape only looks, it never converts: what `is` accepts is used as it came, so a message is checked once and then typed.
// Unknown extra fields are allowed (a newer peer may send more); missing or wrong ones are named by `explain`.
// Invariant: `is(v)` is true exactly when `explain(v, p)` is undefined: both ask `fault`. A path is put together only where something is
// wrong, from the inside out: a good message with a thousand domains costs no strings. Runs in: anything (no platform imports).

/** What is wrong, and where: the way from the value down to it, as `.devices[2].path`; empty for the value itself. */
export interface Fault {
  readonly at: string
  readonly what: string
}

/** One shape. `explain` gives the first thing that is wrong, with its path, or undefined when all is well. */
export interface Shape<T> {
  readonly name: string
  is(value: unknown): value is T
  explain(value: unknown, path?: string): string | undefined
  fault(value: unknown): Fault | undefined
}

/** The static type a shape stands for. */
export type TypeOf<S> = S extends Shape<infer T> ? T : never

function shown(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Uint8Array) return 'bytes'
  return typeof value
}

function made<T>(
  name: string,
  fault: (value: unknown) => Fault | undefined,
  is = (value: unknown): value is T => fault(value) === undefined,
): Shape<T> {
  return {
    name,
    fault,
    is,
    explain: (value, path = 'value') => {
      const found = fault(value)
      return found && `${path}${found.at}: ${found.what}`
    },
  }
}

/** A shape without parts. */
export function simple<T>(name: string, is: (value: unknown) => value is T): Shape<T> {
  return made(name, (value) => (is(value) ? undefined : here(`${name} expected, ${shown(value)} found`)), is)
}

function here(what: string): Fault {
  return { at: '', what }
}

function below(step: string, { at, what }: Fault): Fault {
  return { at: `${step}${at}`, what }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

export const anything: Shape<unknown> = simple('anything', (_value): _value is unknown => true)
export const nothing: Shape<undefined> = simple('nothing', (value): value is undefined => value === undefined)
export const text: Shape<string> = simple('text', (value): value is string => typeof value === 'string')
export const flag: Shape<boolean> = simple('true or false', (value): value is boolean => typeof value === 'boolean')
export const bytes: Shape<Uint8Array> = simple('bytes', (value): value is Uint8Array => value instanceof Uint8Array)
/** A finite number. */
export const number: Shape<number> = simple('a number', (value): value is number => Number.isFinite(value))
/** A whole number from 0 to 2^53-1. */
export const count: Shape<number> = simple(
  'a whole number from 0',
  (value): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
)

/** Text of at most `longest` UTF-16 units. */
export function shortText(longest: number): Shape<string> {
  return simple(
    `text of at most ${longest} characters`,
    (value): value is string => typeof value === 'string' && value.length <= longest,
  )
}

/** A whole number within limits, both included. */
export function within(lowest: number, highest: number): Shape<number> {
  return simple(
    `a whole number from ${lowest} to ${highest}`,
    (value): value is number => typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= highest,
  )
}

/** One of the listed words. */
export function oneOf<const W extends readonly (string | number)[]>(...words: W): Shape<W[number]> {
  return simple(`one of ${words.join(', ')}`, (value): value is W[number] => words.some((word) => word === value))
}

/** Text of the given form, and of which `more` is so. */
export function matching(name: string, form: RegExp, more: (text: string) => boolean = () => true): Shape<string> {
  return simple(name, (value): value is string => typeof value === 'string' && form.test(value) && more(value))
}

export function list<T>(item: Shape<T>, longest = 65536): Shape<readonly T[]> {
  return made(`a list of ${item.name}`, (value) => {
    if (!Array.isArray(value)) return here(`a list expected, ${shown(value)} found`)
    if (value.length > longest) return here(`at most ${longest} entries expected, ${value.length} found`)
    for (let i = 0; i < value.length; i++) {
      const wrong = item.fault(value[i])
      if (wrong !== undefined) return below(`[${i}]`, wrong)
    }
    return undefined
  })
}

/** Any keys, values of one shape: counters by name. */
export function dictionary<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return made(`a dictionary of ${item.name}`, (value) => {
    if (!isRecord(value)) return here(`a dictionary expected, ${shown(value)} found`)
    for (const key of Object.keys(value)) {
      const wrong = item.fault(value[key])
      if (wrong !== undefined) return below(`.${key}`, wrong)
    }
    return undefined
  })
}

/** The value or undefined; as a field of `fields` it may be left out. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return made(`${shape.name} or nothing`, (value) => (value === undefined ? undefined : shape.fault(value)))
}

type Fields = Readonly<Record<string, Shape<unknown>>>
type OptionalKeys<F extends Fields> = { [K in keyof F]: undefined extends TypeOf<F[K]> ? K : never }[keyof F]
type FieldsType<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: TypeOf<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: TypeOf<F[K]>
}

/** The shape of an object, and those of its fields one by one. */
export interface FieldsShape<F extends Fields> extends Shape<FieldsType<F>> {
  readonly parts: F
}

/** An object with these fields (own words for the parts: `fields({ domid: count, name: text })`). */
export function fields<const F extends Fields>(parts: F): FieldsShape<F> {
  const names = Object.entries(parts)
  const shape = made<FieldsType<F>>(`{ ${Object.keys(parts).join(', ')} }`, (value) => {
    if (!isRecord(value)) return here(`an object expected, ${shown(value)} found`)
    for (const [key, shape] of names) {
      const wrong = shape.fault(value[key])
      if (wrong !== undefined) return below(`.${key}`, wrong)
    }
    return undefined
  })
  return { ...shape, parts }
}

/** One of several shapes. Of objects told apart by their `kind`, what is wrong is told of the one that the value means to be. */
export function either<A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> {
  return made(`${a.name} or ${b.name}`, (value) => {
    if (a.is(value)) return undefined
    const wrong = b.fault(value)
    return wrong?.at === '.kind' ? a.fault(value) : wrong
  })
}
