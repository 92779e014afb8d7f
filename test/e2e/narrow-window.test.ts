// Windows at 200 and 300 %, where there is the least room: no page scrolls sideways without need, choices fill their rows, and nothing covers
// what stands below it. Runs in: plain Node; starts the real Electron on a virtual display.

import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { count, LONG } from '../support/tier'
import { launch } from './app'
import { CreateDomainPage } from './create-domain-page'
import { openWindow, playScenes, SERVER, stageFolder } from './scenes'

/** Boxes with a scroll bar below them, but those whose lines or columns cannot be broken: tables that do not stack, texts, drawings. */
function sideways(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const own = '.domain-list, .data-table:not(.inside-page > *), .cm-scroller, pre, .xterm, .topology-drawing'
    return [...document.querySelectorAll<HTMLElement>('*')].flatMap((box) => {
      const isWide = /auto|scroll/.test(getComputedStyle(box).overflowX) && box.scrollWidth > box.clientWidth
      const { borderTopWidth, borderBottomWidth } = getComputedStyle(box)
      const bar = box.offsetHeight - box.clientHeight - Number.parseFloat(borderTopWidth) - Number.parseFloat(borderBottomWidth)
      if (!isWide || bar < 1 || box.matches(own)) return []
      const edge = box.getBoundingClientRect().left + box.clientWidth
      const out = [...box.querySelectorAll('*')].find((each) => each.getBoundingClientRect().right > edge + 0.5)
      return [`${box.className}, for ${out?.className} ${out?.textContent?.slice(0, 40)}`]
    })
  })
}

/** Choices whose rows are not filled, so that the last one's border stands somewhere between. */
function raggedChoices(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.segmented:not(.many)')].flatMap((box) => {
      const places = [...box.querySelectorAll('.segment')].map((each) => ({ each, at: each.getBoundingClientRect() }))
      const last = places.filter(({ at }, index) => (places[index + 1]?.at.top ?? Number.POSITIVE_INFINITY) > at.top + 2)
      const short = last.filter(({ at }) => at.right < box.getBoundingClientRect().right - 2)
      return short.map(({ each }) => `${each.textContent} ends early`)
    }),
  )
}

/** Choices whose words have no room between their lines. */
function tightChoices(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.segment')].flatMap((each) => {
      const words = document.createRange()
      words.selectNodeContents(each)
      const [inner, box] = [words.getBoundingClientRect(), each.getBoundingClientRect()]
      return inner.left < box.left || inner.right > box.right ? [`${each.textContent} sticks out`] : []
    }),
  )
}

/** Keys that take more than a line. */
function brokenKeys(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.keyboard-map kbd')]
      .filter((key) => key.getBoundingClientRect().height > 1.8 * Number.parseFloat(getComputedStyle(key).fontSize))
      .map((key) => `${key.textContent} is broken`),
  )
}

/** The field that finds words lies over the line below the terminal, or leaves none of its rows in sight. */
function coveredConsole(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const box = (part: string) => document.querySelector(`.console ${part}`)?.getBoundingClientRect()
    const [find, line, row] = [box('.console-find'), box('.status-bar'), box('.xterm-rows > :first-child')]
    if (find === undefined || line === undefined || row === undefined) return []
    const isOver = line.height > 0 && find.bottom > line.top
    const isRowSeen = find.top >= row.bottom || find.left - row.left > 60
    return [...(isOver ? ['the line below is covered'] : []), ...(isRowSeen ? [] : ['no row is seen'])]
  })
}

const everywhere = [sideways, raggedChoices, tightChoices, coveredConsole]
const rows = [
  { only: 'inside', language: 'en', scale: 3 },
  { only: 'preferences', language: 'en', scale: 2, more: [brokenKeys] },
] as const
const moreRows = [
  { only: 'create-domain', language: 'de', scale: 1 },
  { only: 'wall', language: 'de', scale: 3 },
  { only: 'domain', language: 'de', scale: 3 },
  { only: 'inside', language: 'de', scale: 2 },
  { only: 'create-domain', language: 'en', scale: 1 },
  { only: 'networks', language: 'de', scale: 3 },
  { only: 'preferences', language: 'de', scale: 3 },
  { only: 'host', language: 'en', scale: 2 },
  { only: 'host', language: 'de', scale: 2 },
  { only: 'host-full', language: 'en', scale: 3 },
  { only: 'wall', language: 'de', scale: 1 },
] as const

it.each(LONG ? [...rows, ...moreRows] : rows)(
  '$only, $language, $scale: nothing sticks out, breaks or is covered',
  { timeout: 600_000 },
  async (row) => {
    const found: string[] = []
    let looked = 0
    await playScenes({
      theme: 'light',
      ...row,
      show: async (page, name) => {
        looked += 1
        for (const look of [...everywhere, ...('more' in row ? row.more : [])])
          for (const finding of await look(page)) found.push(`${name}: ${finding}`)
      },
      failed: (scene, reason) => found.push(`${scene}: ${String(reason)}`),
    })
    expect(found).toEqual([])
    expect(looked).toBeGreaterThan(1)
  },
)

it('shows the card of a job above the foot of Networks, of two lines in German', { tags: 'long' }, async () => {
  const app = await launch({
    scale: 3,
    preferences: { language: 'de' },
    env: { RINGMASTER_TEST_DELAY_MS: '8000', RINGMASTER_TEST_SCRIPT: JSON.stringify({ domains: 1, running: 0 }) },
  })
  try {
    const { page: manager } = await app.manager()
    const networks = await openWindow(app, manager, 'networks', null)
    await networks.locator('.window-foot').waitFor()
    const create = new CreateDomainPage(await openWindow(app, manager, 'create-domain', null))
    await create.page.getByText('Netzinstallation', { exact: true }).click()
    await create.field('Adresse').fill('http://example.com/debian/dists/bookworm/')
    await expect.poll(() => create.page.getByTestId('iso-system').textContent(), { timeout: 60_000 }).toBe('Debian 12.8')
    await create.button('Anlegen und starten').click()
    const card = networks.locator('.activity-card').first()
    await card.waitFor()
    await app.picture(networks, 'narrow-networks-job')
    const [over, foot] = [await card.boundingBox(), await networks.locator('.window-foot').boundingBox()]
    expect((over?.y ?? 0) + (over?.height ?? Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(foot?.y ?? 0)
  } finally {
    await app.close()
  }
})

// Without icons, and with them; in each the language whose names are longest.
const lists = [
  { scale: 3, width: 480, language: 'en', details: 'Details', card: 'Network interface 0' },
  { scale: 2, width: 680, language: 'de', details: 'Details …', card: 'Netzwerkkarte 0' },
] as const

it.each(lists.slice(0, count(1, 2)))('shows the whole names of what is in a machine: $width, $language', async (wanted) => {
  const { scale, width, language, details, card } = wanted
  const domains = JSON.stringify({ domains: 1, running: 0 })
  const app = await launch({ scale, preferences: { language }, env: { RINGMASTER_TEST_SCRIPT: domains } })
  try {
    const manager = await app.manager()
    const domain = await app.domain(() => manager.choose('web-01', details))
    await app.electron.evaluate(({ BrowserWindow }, pixels) => {
      for (const window of BrowserWindow.getAllWindows()) window.setContentSize(pixels, 330)
    }, width)
    await expect.poll(() => domain.page.evaluate(() => innerWidth)).toBe(width)
    const names = domain.page.locator('.side-name')
    await expect.poll(() => names.allTextContents()).toContain(card)
    await app.picture(domain.page, `narrow-details-list-${language}`)
    const cut = (all: readonly Element[]) =>
      all.filter((name) => name.scrollWidth > name.clientWidth).map((name) => name.textContent)
    expect(await names.evaluateAll(cut)).toEqual([])
  } finally {
    await app.close()
  }
})

it('a window of the smallest size grows as its page is zoomed, and one opened later has the room as well', async () => {
  const app = await launch({ preferences: { language: 'de' } })
  try {
    const { page: manager } = await app.manager()
    const preferences = await openWindow(app, manager, 'preferences', null)
    await preferences.getByText('Allgemein').first().waitFor()
    await app.electron.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) window.setSize(1, 1)
    })
    await expect.poll(() => preferences.evaluate(() => innerWidth)).toBe(480)
    for (let step = 0; step < 8; step++) await app.call(preferences, 'windowZoom', { step: 'in' })
    const networks = await openWindow(app, manager, 'networks', null)
    await networks.locator('.window-foot').waitFor()
    for (const [page, width] of [
      [manager, 560],
      [preferences, 480],
      [networks, 560],
    ] as const) {
      await expect.poll(() => page.evaluate(() => devicePixelRatio)).toBeGreaterThan(2)
      await expect.poll(() => page.evaluate(() => innerWidth)).toBeGreaterThanOrEqual(width)
      for (const look of everywhere) expect(await look(page)).toEqual([])
    }
  } finally {
    await app.close()
  }
})

it('a window of the smallest size leaves a path its room, and what the doctor found most of the height', {
  tags: 'long',
}, async () => {
  const app = await launch({ folder: stageFolder({ language: 'de' }) })
  try {
    const { page: manager } = await app.manager()
    const domain = await openWindow(app, manager, 'domain', SERVER)
    const doctor = await openWindow(app, manager, 'doctor', null)
    await doctor.getByRole('heading', { name: 'Diagnose' }).waitFor()
    await app.electron.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) window.setSize(1, 1)
    })
    await expect.poll(() => doctor.evaluate(() => innerWidth)).toBe(480)
    await expect
      .poll(() => doctor.locator('main').evaluate((main) => main.getBoundingClientRect().height / innerHeight))
      .toBeGreaterThan(0.8)
    await app.picture(doctor, 'narrow-doctor')
    await domain.getByRole('tab', { name: 'Details' }).click()
    await domain.getByRole('option', { name: 'Start' }).click()
    const kernel = domain.getByRole('textbox', { name: 'Kernel', exact: true })
    await expect
      .poll(() => kernel.evaluate((input) => input.getBoundingClientRect().width / (input.parentElement?.clientWidth ?? 1)))
      .toBeGreaterThan(0.9)
    await app.picture(domain, 'narrow-path')
    for (const page of [doctor, domain]) for (const look of everywhere) expect(await look(page)).toEqual([])
  } finally {
    await app.close()
  }
})
