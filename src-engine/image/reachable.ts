// Which files an image may make us open: backing files, data files, extents of a vmdk. Names in an image are a guest's or a
// stranger's, so by themselves they reach only into the folder of the image the user named; anything else, absolute names
// included, must be among the files the user agreed to, and so must a file that is to be written: it may be another guest's disk.
// Symbolic links are followed before judging.
// Invariant: what is opened is the resolved path, so nothing is between the judgement and the opening but the host's users.
// Runs in: the image's thread.
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { ok } from '../public/result'
import { fail, type ImageResult, systemError } from './error'

const CHAIN_LIMIT = 32

export class Reachable {
  private readonly root: string
  private readonly allowed: readonly string[]
  /** Files from the image the user named down to here. */
  readonly chain: readonly string[]

  private constructor(root: string, allowed: readonly string[], chain: readonly string[]) {
    this.root = root
    this.allowed = allowed
    this.chain = chain
  }

  /** `file` is what the user named. */
  static async from(file: string, allowed: readonly string[]): Promise<ImageResult<Reachable>> {
    const real = await resolve(file)
    if (!real.ok) return real
    const agreed: string[] = []
    for (const one of allowed) {
      const found = await resolve(one)
      if (found.ok) agreed.push(found.value)
    }
    return ok(new Reachable(path.dirname(real.value), agreed, [real.value]))
  }

  /** The real path of the file the current image is in. */
  get here(): string {
    return this.chain[this.chain.length - 1] ?? this.root
  }

  below(file: string): Reachable {
    return new Reachable(this.root, this.allowed, [...this.chain, file])
  }

  /** The path to open for a name that the current image holds. `purpose`: what is opened is read only, or written too. */
  async find(name: string, purpose: 'read' | 'write' = 'read'): Promise<ImageResult<string>> {
    const plain = name.startsWith('file:') ? name.slice('file:'.length) : name
    if (plain.includes('\0') || plain === '') return fail('corrupt', `${this.here} names a file that cannot be.`)
    if (/^[a-z][a-z0-9+.-]+:/i.test(plain)) {
      return fail('backing-refused', `${this.here} refers to ${printable(plain)}, which is no file; only files are opened.`)
    }
    const wanted = path.resolve(path.dirname(this.here), plain)
    const real = await resolve(wanted)
    if (!real.ok) {
      // Whether a file outside is there at all is nothing a guest may learn.
      return inside(this.root, wanted) ? real : this.refuse(wanted)
    }
    const agreed = this.allowed.includes(real.value)
    const near = purpose === 'read' && !path.isAbsolute(plain) && inside(this.root, real.value)
    if (!agreed && !near) return this.refuse(real.value)
    if (this.chain.includes(real.value)) return fail('corrupt', `${this.here} refers to itself, by way of ${printable(name)}.`)
    if (this.chain.length >= CHAIN_LIMIT) return fail('unsupported', `${this.here} has more than ${CHAIN_LIMIT} backing files.`)
    return real
  }

  private refuse(wanted: string): ImageResult<string> {
    const why = `${this.here} refers to ${printable(wanted)}, which is opened only when you agree to it.`
    return fail('backing-refused', why, { path: wanted, chain: this.chain })
  }
}

async function resolve(file: string): Promise<ImageResult<string>> {
  try {
    return ok(await realpath(file))
  } catch (error) {
    return { ok: false, error: systemError(`Cannot open ${printable(file)}`, error) }
  }
}

function inside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file)
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}

/** Names from images in messages: no control characters. */
export function printable(name: string): string {
  return [...name].map((c) => (c < ' ' || c === '\x7f' ? '?' : c)).join('')
}
