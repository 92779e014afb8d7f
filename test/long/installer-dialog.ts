// The first dialog of Debian's installer on a machine's screen, and the machine as it is defined.
// Runs in: vitest (long tier).
import { expect } from 'vitest'
import type { DomainConfig } from '../../src-main/public/types'
import type { RunningApp } from '../e2e/app'
import type { DomainPage } from '../e2e/domain-page'
import type { ManagerPage } from '../e2e/manager-page'

/** The installer's colours for what is chosen, for dialogs and for what is behind them. */
const [RED, GREY, BLUE] = [0xaa0000, 0xaaaaaa, 0x0000aa]
const BOOT_MS = 900_000

/** Waits for it, and keeps a picture of that name. */
export async function seeInstaller(app: RunningApp, domain: DomainPage, picture: string): Promise<void> {
  await domain.waitForScreen()
  const count = async (colour: number) => (await domain.screenPixels()).filter((pixel) => pixel === colour).length
  await expect.poll(() => count(RED), { timeout: BOOT_MS, interval: 2000 }).toBeGreaterThan(500)
  await app.picture(domain.page, picture)
  expect(await count(GREY)).toBeGreaterThan(50_000)
  expect(await count(BLUE)).toBeGreaterThan(50_000)
}

/** The machine of that name. */
export async function definedAs(
  manager: ManagerPage,
  name: string,
): Promise<{ readonly uuid: string; readonly config: DomainConfig | null } | undefined> {
  const listed: { value: readonly { uuid: string; config: DomainConfig | null }[] } = await manager.page.evaluate(
    "ringmaster.call('domainList', {})",
  )
  return listed.value.find(({ config }) => config?.name === name)
}
