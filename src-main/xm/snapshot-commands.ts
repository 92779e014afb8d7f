// Commands that keep an instant of a domain, go back to it, and make other domains of it: snapshot-list, snapshot-create,
// snapshot-revert, snapshot-delete, snapshot-branch, fork, clone. xl has none of them; the first four are virsh's, by virsh's names.
// Runs in: command line, plain Node.
import { nameKey, properName } from '../public/name'
import type { Snapshot } from '../public/snapshot'
import { type Context, call, Failure, findGuest, untilJob } from './context'
import { snapshotTable } from './tables'

/** By name, which only one of a domain has, or by identifier. */
async function findSnapshot(context: Context, uuid: string, word: string): Promise<Snapshot> {
  const { snapshots } = await call(context, 'snapshotTree', { uuid })
  const found =
    snapshots.find(({ name }) => nameKey(name) === nameKey(properName(word))) ??
    snapshots.find(({ id }) => id === word.toLowerCase())
  if (found === undefined) throw new Failure(`There is no snapshot ${word}.`)
  return found
}

export async function list(context: Context, word: string): Promise<void> {
  const { uuid } = await findGuest(context, word)
  context.out(snapshotTable(await call(context, 'snapshotTree', { uuid })))
}

export async function create(context: Context, word: string, name: string, description: string): Promise<void> {
  const { uuid } = await findGuest(context, word)
  await untilJob(context, (await call(context, 'snapshotCreate', { uuid, name, description })).job)
}

export async function revert(context: Context, word: string, snapshot: string): Promise<void> {
  const { uuid } = await findGuest(context, word)
  const { id } = await findSnapshot(context, uuid, snapshot)
  await untilJob(context, (await call(context, 'snapshotRevert', { uuid, id })).job)
}

export async function remove(context: Context, word: string, snapshot: string, options: { children?: true }): Promise<void> {
  const { uuid } = await findGuest(context, word)
  const { id } = await findSnapshot(context, uuid, snapshot)
  await call(context, 'snapshotDelete', { uuid, id, below: options.children === true })
}

export async function branch(context: Context, word: string, snapshot: string, name: string): Promise<void> {
  const { uuid } = await findGuest(context, word)
  const { id } = await findSnapshot(context, uuid, snapshot)
  await untilJob(context, (await call(context, 'snapshotBranch', { uuid, id, name })).job)
}

export async function fork(context: Context, word: string, name: string): Promise<void> {
  const { uuid } = await findGuest(context, word)
  await untilJob(context, (await call(context, 'domainFork', { uuid, name })).job)
}

export interface CloneOptions {
  /** Disks that the guest writes to hold what differs from the original's. */
  readonly linked?: true
  readonly snapshot?: string | undefined
}

export async function clone(context: Context, word: string, name: string, options: CloneOptions): Promise<void> {
  const { uuid, config } = await findGuest(context, word)
  const snapshot = options.snapshot === undefined ? null : await findSnapshot(context, uuid, options.snapshot)
  const disks = (snapshot?.config ?? config).devices.flatMap((device) =>
    options.linked && device.kind === 'vbd' && !device.readonly && device.path !== ''
      ? [{ dev: device.dev, fate: 'link' as const }]
      : [],
  )
  await untilJob(context, (await call(context, 'domainClone', { uuid, snapshot: snapshot?.id ?? null, name, disks })).job)
}
