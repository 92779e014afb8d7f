// Stand in for the files of the demo guest and of a Debian system where no guest is really booted: the test driver reads
// neither kernel nor ramdisk nor disk.
// Runs in: main, plain Node.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { err, ok } from '../../src-engine/public/result'
import type { Outcome } from '../driver/driver'
import { errorReport } from '../public/error-code'
import type { DebianMaker, DebianSystem, DemoFiles, DemoMaker, DemoProgress } from './demo-maker'

const STEPS = ['finding-packages', 'downloading', 'unpacking', 'building-ramdisk'] as const

export class TestDemoMaker implements DemoMaker {
  private readonly folder: string
  private readonly delayMs: number

  constructor(folder: string, delayMs: number) {
    this.folder = folder
    this.delayMs = delayMs
  }

  async available(): Outcome {
    return ok(null)
  }

  async make(progress: DemoProgress): Outcome<DemoFiles> {
    for (const step of STEPS) {
      if (progress.signal.aborted) return err(errorReport('cancelled'))
      progress.step(step)
      progress.report(0.5)
      await new Promise((resolve) => setTimeout(resolve, this.delayMs / STEPS.length))
    }
    await mkdir(this.folder, { recursive: true })
    const kernel = join(this.folder, 'kernel')
    const ramdisk = join(this.folder, 'ramdisk')
    await Promise.all([writeFile(kernel, ''), writeFile(ramdisk, '')])
    return ok({ name: 'Debian demo', kernel, ramdisk, cmdline: 'console=hvc0', memoryMiB: 256 })
  }
}

export class TestDebianMaker implements DebianMaker {
  private readonly demo: TestDemoMaker

  constructor(demo: TestDemoMaker) {
    this.demo = demo
  }

  async available(): Outcome {
    return ok(null)
  }

  async make(image: string, progress: DemoProgress): Outcome<DebianSystem> {
    const files = await this.demo.make(progress)
    if (!files.ok) return files
    progress.step('copying-image')
    await mkdir(dirname(image), { recursive: true })
    await writeFile(image, '', { flag: 'wx' })
    return ok({ ...files.value, image, cmdline: 'root=/dev/xvda console=hvc0', memoryMiB: 512 })
  }
}
