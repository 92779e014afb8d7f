// Locks of images: one writer or several readers, among objects, processes, and after a crash.
// Runs in: vitest, plain Node.
import { spawn } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { ImageLocks } from '../../../src-engine/image/lock'
import { value } from '../../support/image-work'
import { scratch } from '../../support/qemu-img'

const place = scratch()
afterAll(place.remove)

const image = place.file('disk.raw')
writeFileSync(image, 'x')
const locks = () => new ImageLocks(place.file('locks'), 100)

/** The only claim there is, without its companion. */
const claim = () => readdirSync(place.file('locks')).find((name) => !name.endsWith('.held')) ?? ''

it('a second writer is refused, by another name too', async () => {
  linkSync(image, place.file('same.raw'))
  const held = value(await locks().acquire(image, 'write'))
  expect(await locks().acquire(image, 'write')).toMatchObject({ error: { code: 'in-use' } })
  expect(await locks().acquire(place.file('same.raw'), 'write')).toMatchObject({ error: { code: 'in-use' } })
  expect(await locks().acquire(image, 'read')).toMatchObject({ error: { code: 'in-use' } })
  await held.release()
  await value(await locks().acquire(image, 'write')).release()
  expect(readdirSync(place.file('locks'))).toEqual([])
})

it('an image that is being closed is waited for', async () => {
  const held = value(await locks().acquire(image, 'write'))
  const next = new ImageLocks(place.file('locks')).acquire(image, 'write')
  setTimeout(() => void held.release(), 50)
  await value(await next).release()
})

it('work that fails, or cannot begin, leaves nothing in use', async () => {
  const other = place.file('other.raw')
  writeFileSync(other, 'y')
  const broken = () => locks().whileHeld([other, image], 'write', () => Promise.reject(new Error('a fault')))
  await expect(broken()).rejects.toThrow('a fault')
  const held = value(await locks().acquire(image, 'write'))
  expect(await broken()).toMatchObject({ error: { code: 'in-use' } })
  await held.release()
  expect(readdirSync(place.file('locks'))).toEqual([])
})

it('readers share, and keep a writer out', async () => {
  const first = value(await locks().acquire(image, 'read'))
  const second = value(await locks().acquire(image, 'read'))
  expect(await locks().acquire(image, 'write')).toMatchObject({ error: { code: 'in-use' } })
  await first.release()
  expect(await locks().acquire(image, 'write')).toMatchObject({ error: { code: 'in-use' } })
  await second.release()
  await value(await locks().acquire(image, 'write')).release()
})

it('of many at once one writer gets it', async () => {
  const tried = await Promise.all(Array.from({ length: 20 }, () => locks().acquire(image, 'write')))
  const got = tried.filter((one) => one.ok)
  expect(got).toHaveLength(1)
  for (const one of got) await value(one).release()
})

it('a lock of a process that lives is kept; when it has died the lock is taken', async () => {
  const held = value(await locks().acquire(image, 'write'))
  const name = claim()
  const owner = JSON.parse(readFileSync(place.file(`locks/${name}`), 'utf8')) as { pid: number; started: string }
  await held.release()
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await new Promise((resolve) => child.once('spawn', resolve))
  const stat = process.platform === 'linux' ? readFileSync(`/proc/${child.pid}/stat`, 'utf8') : ''
  const started = stat === '' ? '' : (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '')
  writeFileSync(place.file(`locks/${name}`), JSON.stringify({ ...owner, pid: child.pid, started }))
  writeFileSync(place.file(`locks/${name}.held`), '')
  expect(await locks().acquire(image, 'write')).toMatchObject({ error: { code: 'in-use' } })
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  const tried = await Promise.all(Array.from({ length: 5 }, () => locks().acquire(image, 'write')))
  expect(tried.filter((one) => one.ok)).toHaveLength(1)
  for (const one of tried) if (one.ok) await one.value.release()
})

it.skipIf(process.platform !== 'linux')('a lock of a process whose number was given to another is nobody’s', async () => {
  const held = value(await locks().acquire(image, 'write'))
  const name = claim()
  const owner = JSON.parse(readFileSync(place.file(`locks/${name}`), 'utf8')) as { started: string }
  await held.release()
  writeFileSync(place.file(`locks/${name}`), JSON.stringify({ ...owner, started: '1' }))
  await value(await locks().acquire(image, 'write')).release()
  writeFileSync(place.file(`locks/${name}`), 'rubbish')
  await value(await locks().acquire(image, 'write')).release()
})

it('claims that a process has left behind go with the next lock, on whatever image; a living one stays', async () => {
  const held = value(await locks().acquire(image, 'write'))
  const [living, text] = [claim(), readFileSync(place.file(`locks/${claim()}`), 'utf8')]
  const gone = JSON.stringify({ ...JSON.parse(text), started: '1', pid: 2 ** 22 + 1 })
  for (const name of ['1-1.write.a', '1-2.read.b']) {
    writeFileSync(place.file(`locks/${name}`), gone)
    writeFileSync(place.file(`locks/${name}.held`), '')
  }
  writeFileSync(place.file('locks/1-3.write.c'), '')
  const other = place.file('other.raw')
  writeFileSync(other, 'y')
  const next = value(await locks().acquire(other, 'write'))
  await expect.poll(() => readdirSync(place.file('locks')).filter((name) => name.startsWith('1-'))).toEqual([])
  expect(readdirSync(place.file('locks'))).toContain(`${living}.held`)
  await next.release()
  await held.release()
})

it('a claim that cannot be read keeps its image', async () => {
  await value(await locks().acquire(image, 'write')).release()
  const { dev, ino } = statSync(image, { bigint: true })
  const name = place.file(`locks/${dev.toString(16)}-${ino.toString(16)}.write.0`)
  mkdirSync(name)
  expect(await locks().acquire(image, 'write')).toMatchObject({ ok: false })
  rmdirSync(name)
  await value(await locks().acquire(image, 'write')).release()
})
