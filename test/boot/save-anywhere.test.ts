// A guest saved in the middle of what it does goes on as if nothing had been: in a computing loop, in a sleeping timer, in
// transactions; under its own name, and beside its origin under another. Its lines are foretold by test/support/worker-guest.ts.
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { oneMachine } from '../support/one-machine'
import { delay, good } from '../support/supervised'
import { count } from '../support/tier'
import { transactionSum, WorkerLines } from '../support/worker-guest'

const { cannot, folder, machine, kernel } = oneMachine('anywhere')
const file = (name: string): string => path.join(folder, name)

/** All off, so that the next test has the machine to itself. */
afterEach(async () => {
  for (const { uuid } of machine.toolstack.domains.active()) good(await machine.toolstack.domains.destroy(uuid))
})

/** Saves it again and again while it works, each time going on from the file; resolves when it is over. */
async function saveAgainAndAgain(uuid: string, saves: number, restMs: number): Promise<void> {
  for (let round = 0; round < saves; round++) {
    await delay(restMs)
    await machine.save(uuid, file(`${uuid}.${round}`))
    expect(machine.state(uuid)).toBe('shutoff')
    expect(await machine.restore(file(`${uuid}.${round}`))).toBe(uuid)
  }
}

describe.skipIf(cannot)('a guest saved in the middle', () => {
  it('of a computing loop ends with the checksum of an uninterrupted run, beside its origin too', async () => {
    const lines = count(200, 6000)
    const uuid = await machine.start('loop', kernel, `sum=${lines}`)
    await saveAgainAndAgain(uuid, count(2, 10), 100)
    const sibling = await machine.restore(file(`${uuid}.1`))
    expect(sibling).not.toBe(uuid)
    expect(machine.info(sibling).name).toBe('loop 2')
    const last = new WorkerLines()
    const wanted = `${last.line(lines)}\n`
    for (const each of [uuid, sibling]) {
      const text = await machine.console(each, (seen) => seen.includes(wanted), 120)
      expect(last.check(text)).toMatchObject({ wrong: undefined, last: lines })
    }
  }, 240_000)

  it('of a sleeping timer sleeps as long as it wanted, time standing still in the file', {
    tags: 'long',
    timeout: 180_000,
  }, async () => {
    const uuid = await machine.start('sleeper', kernel, 'sleep=2500')
    await machine.console(uuid, (text) => text.includes('SLEEPING'))
    await machine.save(uuid, file('sleeper'))
    await delay(2000)
    const start = performance.now()
    expect(await machine.restore(file('sleeper'))).toBe(uuid)
    const sibling = await machine.restore(file('sleeper'))
    for (const each of [uuid, sibling]) {
      const text = await machine.console(each, (seen) => seen.includes(`${new WorkerLines().line(2)}\n`))
      const slept = Number(/SLEPT (\d+)/.exec(text)?.[1])
      expect(slept).toBeGreaterThanOrEqual(2500)
      // What passed outside is no time of the guest.
      expect(slept).toBeLessThan(2500 + performance.now() - start)
    }
    expect(performance.now() - start).toBeGreaterThan(1000)
  })

  it('of transactions does each once, and its sibling does its own', { tags: 'long', timeout: 240_000 }, async () => {
    const transactions = count(60, 600)
    const uuid = await machine.start('store', kernel, `store=${transactions}`)
    await machine.console(uuid, (text) => text.includes('DONE 2'))
    await saveAgainAndAgain(uuid, count(2, 10), 60)
    const sibling = await machine.restore(file(`${uuid}.0`))
    for (const each of [uuid, sibling]) {
      const text = await machine.console(each, (seen) => /FINAL \d+\n/.test(seen), 120)
      expect(text).toContain(`FINAL ${transactionSum(transactions)}\n`)
      expect(text).not.toContain('FAILURE')
      const done = [...text.matchAll(/^DONE (\d+) (\d+)$/gm)].map(([, number, value]) => [Number(number), Number(value)])
      expect(done).toEqual(done.map(([number]) => [number, transactionSum(number ?? 0)]))
      expect(done.length).toBeGreaterThan(10)
    }
  })

  it('of a pause is paused no more, and goes on from that very line', async () => {
    const uuid = await machine.start('paused', kernel, 'pulse=5')
    await machine.console(uuid, (text) => text.includes('LINE 5 '))
    good(await machine.toolstack.domains.suspend(uuid))
    await machine.save(uuid, file('paused'))
    await machine.restore(file('paused'))
    const lines = new WorkerLines()
    const text = await machine.console(uuid, (seen) => lines.check(seen).last > 20)
    expect(lines.check(text)).toMatchObject({ wrong: undefined, first: 1 })
  }, 180_000)
})
