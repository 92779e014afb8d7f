// What was under way when the app ended: each change of disks is finished or undone, by what the definition says of it, and the
// user hears of what is lost. Invariant: nothing a guest wrote is removed: an overlay goes only when no definition names it, and none
// ever had. Runs in: main, plain Node.
import { stat } from 'node:fs/promises'
import type { Intent, LoadedSnapshots, SnapshotStore } from '../definition/snapshot-store'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DomainConfig } from '../public/types'
import type { Layers } from './layers'
import { filesOf, type SnapshotTrees } from './snapshot-trees'

export interface RecoveryParts {
  readonly store: SnapshotStore
  readonly layers: Layers
  readonly trees: SnapshotTrees
  readonly config: (uuid: string) => DomainConfig | undefined
  readonly problem: (error: ErrorReport) => void
}

/** After the definitions are there and before anything runs. */
export async function recoverSnapshots(loaded: LoadedSnapshots, parts: RecoveryParts): Promise<void> {
  const { store, layers, trees, problem } = parts
  const { domains, intents, problems } = loaded
  trees.adopt(loaded.trees)
  for (const error of problems) problem(error)
  for (const [uuid, intent] of intents) {
    await settle(uuid, intent, parts)
    await store.dropIntent(uuid)
  }
  for (const uuid of domains) {
    const { snapshots } = trees.of(uuid)
    await store.removeStrangers(
      uuid,
      snapshots.map(({ id }) => id),
    )
  }
  await layers.clear()
  // What a change cut off did not come to release: nobody names it, something stands on it.
  await layers.release(store.layers.map(({ backing }) => backing.path))
}

async function settle(uuid: string, intent: Intent, parts: RecoveryParts): Promise<void> {
  const { layers, trees, problem } = parts
  const config = parts.config(uuid)
  const named = new Set(config ? filesOf(config) : [])
  const done = config !== undefined && (intent.layers.length === 0 || intent.layers.some(({ path }) => named.has(path)))
  const name = config?.name ?? ''
  switch (intent.kind) {
    case 'branch':
      if (config) return
      await layers.unmake(intent.layers)
      return
    case 'create': {
      const { snapshot } = intent
      if (!done) await layers.unmake(intent.layers)
      else if (snapshot && (await isWhole(uuid, intent, parts))) await trees.add(uuid, snapshot)
      else await layers.release(intent.layers.map(({ backing }) => backing.path))
      const kept = snapshot && trees.of(uuid).snapshots.some(({ id }) => id === snapshot.id)
      if (snapshot && !kept) {
        await parts.store.removeStrangers(
          uuid,
          trees.of(uuid).snapshots.map(({ id }) => id),
        )
        problem(errorReport('snapshot-cut-off', { name, snapshot: snapshot.name }))
      }
      return
    }
    case 'revert': {
      const tree = trees.of(uuid)
      const wanted = tree.snapshots.find(({ id }) => id === intent.to)
      if (!done || !wanted) {
        if (!done) await layers.unmake(intent.layers)
        problem(errorReport('revert-cut-off', { name, snapshot: wanted?.name ?? '' }))
        return
      }
      await layers.release(intent.dropped)
      await trees.put(uuid, { ...tree, current: wanted.id })
      // Its disks are those of the snapshot; that its memory was not gone on from is to be told.
      if (wanted.state !== 'shutoff') problem(errorReport('revert-without-memory', { name, snapshot: wanted.name }))
    }
  }
}

/** With its memory, if it was to have any: the file is there only when it is whole. */
async function isWhole(uuid: string, { snapshot }: Intent, { store }: RecoveryParts): Promise<boolean> {
  if (!snapshot) return false
  if (snapshot.state === 'shutoff') return true
  const file = await stat(store.memoryPath(uuid, snapshot.id)).catch(() => undefined)
  return file !== undefined
}
