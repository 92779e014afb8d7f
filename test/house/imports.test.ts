// The import rules of house.md section 3, over every source file there is.
// Runs in: vitest, plain Node.
import { builtinModules } from 'node:module'
import { describe, expect, it } from 'vitest'
import { ELECTRON_FILES, LAYERS, refusal } from './layers'
import { filesBelow, readSource } from './sources'

const sources = ['src-engine', 'src-main', 'src-renderer']
  .flatMap((world) => filesBelow(world, /\.tsx?$/))
  .filter((file) => !file.startsWith('src-engine/assembly/'))
  .map(readSource)

const isPlatform = (specifier: string) =>
  specifier.startsWith('node:') || specifier === 'electron' || builtinModules.includes(specifier)

describe('imports', () => {
  it('follow the rows of who may import whom', () => {
    const wrong = sources.flatMap(({ file, imports }) =>
      imports.flatMap(({ target, line }) => {
        if (target === undefined || !target.startsWith('src-')) return []
        const why = refusal(file, target)
        return why === undefined ? [] : [`${file}:${line} imports ${target}: ${why}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  it('stay inside the worlds: nothing reaches into test, resources or out', () => {
    const wrong = sources.flatMap(({ file, imports }) =>
      imports
        .filter(({ target }) => target !== undefined && !/^(src-|resources\/CHANGELOG|resources\/icons)/.test(target))
        .map(({ target, line }) => `${file}:${line} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('of public/ name no platform', () => {
    const wrong = sources
      .filter(({ file }) => /^src-\w+\/public\//.test(file))
      .flatMap(({ file, imports }) =>
        imports.filter(({ specifier }) => isPlatform(specifier)).map(({ specifier, line }) => `${file}:${line} ${specifier}`),
      )
    expect(wrong).toEqual([])
  })

  it('of electron stand only where windows and processes are made', () => {
    const wrong = sources
      .filter(({ file }) => !ELECTRON_FILES.some((allowed) => allowed.test(file)))
      .flatMap(({ file, imports }) =>
        imports.filter(({ specifier }) => /^electron(\/|$)/.test(specifier)).map(({ line }) => `${file}:${line}`),
      )
    expect(wrong).toEqual([])
  })

  it('form no cycle', () => {
    const graph = new Map(sources.map(({ file, imports }) => [file, imports.flatMap(({ target }) => target ?? [])]))
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, trail: readonly string[]): void => {
      const at = trail.indexOf(file)
      if (at >= 0) {
        cycles.push([...trail.slice(at), file].join(' → '))
        return
      }
      if (done.has(file)) return
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file])
      done.add(file)
    }
    for (const file of graph.keys()) visit(file, [])
    expect(cycles).toEqual([])
  })
})

describe('the rows themselves', () => {
  const CASES = [
    ['src-engine/vcpu/load.ts', 'src-engine/isa/flags.ts', true],
    ['src-engine/isa/flags.ts', 'src-engine/vcpu/load.ts', false],
    ['src-engine/hypervisor/hypercall/sched.ts', 'src-engine/hypervisor/scheduler.ts', true],
    ['src-engine/hypervisor/domain.ts', 'src-engine/isa/opcode-map.ts', false],
    ['src-engine/hypervisor/domain.ts', 'src-engine/isa/state-layout.ts', true],
    ['src-engine/backend/blk/pump.ts', 'src-engine/backend/net/pump.ts', false],
    ['src-engine/backend/blk/pump.ts', 'src-engine/backend/registry.ts', true],
    ['src-engine/process/dom0.ts', 'src-engine/backend/console/service.ts', true],
    ['src-engine/process/dom0.ts', 'src-engine/assembly/flags.ts', false],
    ['src-engine/public/shape.ts', 'src-engine/lib/bytes.ts', false],
    ['src-main/toolstack/domains.ts', 'src-main/driver/driver.ts', true],
    ['src-main/toolstack/domains.ts', 'src-main/driver/embedded/driver.ts', false],
    ['src-main/driver/embedded/driver.ts', 'src-main/supervisor/supervisor.ts', true],
    ['src-main/driver/test/driver.ts', 'src-main/supervisor/supervisor.ts', false],
    ['src-main/driver/drivers.ts', 'src-main/driver/test/driver.ts', true],
    ['src-main/ipc/serve.ts', 'src-engine/public/result.ts', true],
    ['src-main/ipc/serve.ts', 'src-engine/lib/bytes.ts', false],
    ['src-renderer/client/client.ts', 'src-main/public/calls.ts', true],
    ['src-renderer/client/client.ts', 'src-engine/public/result.ts', false],
    ['src-renderer/features/console/terminal.tsx', 'src-renderer/features/graphs/chart.tsx', false],
    ['src-renderer/views/manager/page.tsx', 'src-renderer/features/graphs/chart.tsx', true],
    ['src-renderer/components/button.tsx', 'src-renderer/state/domains.ts', false],
  ] as const

  it.each(CASES)('%s importing %s is allowed: %s', (from, to, allowed) => {
    expect(refusal(from, to) === undefined).toBe(allowed)
  })

  it('name each unit once', () => {
    expect(new Set(LAYERS.map((layer) => layer.unit)).size).toBe(LAYERS.length)
  })
})
