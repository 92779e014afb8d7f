// Folders and tags of the domains, as windows see and change them.
// Invariant: only domains that are there have metadata; many are changed with one call, and windows hear of it once it is kept.
// Runs in: main, plain Node.
import { properName } from '../../src-engine/public/name'
import { err, ok } from '../../src-engine/public/result'
import type { MetadataStore } from '../definition/metadata-store'
import type { Outcome } from '../driver/driver'
import { writeProblem } from '../lib/write-problem'
import { type ErrorReport, errorReport } from '../public/error-code'
import { type Metadata, noMetadata } from '../public/list'

export interface DomainMetadata {
  readonly uuid: string
  readonly metadata: Metadata
}

export interface MetadataParts {
  readonly store: MetadataStore
  readonly knows: (uuid: string) => boolean
  readonly changed: (changes: readonly DomainMetadata[]) => void
  readonly problem: (error: ErrorReport) => void
}

function isNothing({ folder, tags }: Metadata): boolean {
  return folder === '' && tags.length === 0
}

export class DomainMetadatas {
  private readonly parts: MetadataParts
  private readonly kept = new Map<string, Metadata>()

  constructor(parts: MetadataParts) {
    this.parts = parts
  }

  /** Once the domains are known; what belongs to none is forgotten. */
  async load(): Promise<void> {
    const { found, problems } = await this.parts.store.load()
    for (const problem of problems) this.parts.problem(problem)
    for (const [uuid, metadata] of found) {
      if (this.parts.knows(uuid)) this.kept.set(uuid, metadata)
      else await this.parts.store.put([{ uuid, metadata: null }])
    }
  }

  list(): DomainMetadata[] {
    return [...this.kept].map(([uuid, metadata]) => ({ uuid, metadata }))
  }

  async set(changes: readonly DomainMetadata[]): Outcome {
    const unknown = changes.find(({ uuid }) => !this.parts.knows(uuid))
    if (unknown) return err(errorReport('no-domain', { uuid: unknown.uuid }))
    const tidy = changes.map(({ uuid, metadata: { folder, tags } }) => ({
      uuid,
      metadata: { folder: properName(folder), tags: [...new Set(tags.map(properName))] },
    }))
    try {
      await this.parts.store.put(tidy.map(({ uuid, metadata }) => ({ uuid, metadata: isNothing(metadata) ? null : metadata })))
    } catch (thrown) {
      return err(writeProblem('metadata', thrown))
    }
    for (const { uuid, metadata } of tidy) {
      if (isNothing(metadata)) this.kept.delete(uuid)
      else this.kept.set(uuid, metadata)
    }
    this.parts.changed(tidy)
    return ok(null)
  }

  /** The domain is gone. */
  forget(uuid: string): void {
    if (!this.kept.delete(uuid)) return
    this.parts.store.put([{ uuid, metadata: null }]).catch((thrown: unknown) => {
      this.parts.problem(writeProblem('metadata', thrown))
    })
    this.parts.changed([{ uuid, metadata: noMetadata }])
  }
}
