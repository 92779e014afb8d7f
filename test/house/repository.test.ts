// Files that are made by tools: the lockfile names no registry, and what is generated from the tables is committed as
// the generator writes it.
// Runs in: vitest, plain Node, with git where the checkout has one.
import { execFileSync, spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { filesBelow, ROOT, read } from './sources'

const GENERATED = 'src-engine/assembly/generated'

const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' })
const hasGit = spawnSync('git', ['rev-parse', '--verify', 'HEAD'], { cwd: ROOT }).status === 0

it('the lockfile names no registry', () => {
  expect(read('package-lock.json').match(/"resolved"/g)).toBeNull()
})

it('every dependency is pinned to one version', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
  const loose = Object.entries(devDependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
  expect(loose).toEqual([])
})

// The build has just run the generator, so the working tree is always fresh: what can be stale is the commit. While
// somebody is changing the tables themselves the two may differ until both are committed.
it.skipIf(!hasGit)('the generated files are committed as the generator writes them', () => {
  if (git('status', '--porcelain', '--', 'src-engine/isa').trim() !== '') return
  expect(git('status', '--porcelain', '--', GENERATED).trim()).toBe('')
})

it('every generated file names the table it came from on its first line', () => {
  const unnamed = filesBelow(GENERATED, /\.ts$/).filter((file) => !/generated/i.test(read(file).split('\n')[0] ?? ''))
  expect(unnamed).toEqual([])
})
