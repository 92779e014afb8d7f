// Random sequences of what people do, on the test driver: actions as the windows offer them (their own table, asked of what a window
// knows, which may be old), calls nobody offered, and what guests, drivers and domain 0 do by themselves. No domain is ever in a
// state, or goes a way, that the life-cycle table does not know; what is offered is not refused; windows know what is so.
// Fixed seeds, more of them in the long tier. Runs in: vitest, plain Node.
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { serveCall } from '../../../src-main/ipc/serve-call'
import { type Client, makeClient } from '../../../src-main/public/client'
import { type ErrorReport, errorReport, explainError } from '../../../src-main/public/error-code'
import type { Result } from '../../../src-main/public/result'
import { type DomainInfo, type DomainState, domainInfoShape, domainStates } from '../../../src-main/public/types'
import { fromWire, toWire } from '../../../src-main/public/wire'
import { isActive, lifeCycle } from '../../../src-main/toolstack/life-cycle'
import { actionCalls, isCalled } from '../../../src-renderer/features/domain-actions/action-calls'
import { actionTable, isActionId, isAllowed } from '../../../src-renderer/features/domain-actions/action-table'
import { type AppState, initialState, reduce } from '../../../src-renderer/state/app-state'
import { randomFrom } from '../../support/random'
import { count } from '../../support/tier'
import { makeToolstack, testCaller } from '../../support/toolstack'

const SEQUENCES = count(4, 400)
const STEPS = 60
/** Sequences that may be added until enough was seen. */
const MORE = 32
const GUESTS = 3
const SEED = 20261126

type Reply = Result<unknown, ErrorReport>
type Below = (limit: number) => number

/** One app with a window that follows its events, and everything that is found wrong. */
class Machine {
  readonly wrong: string[] = []
  readonly told: string[] = []
  /** Ways between states that were gone. */
  readonly ways = new Set<string>()
  private readonly states = new Map<string, DomainState>()
  private window: AppState = initialState

  readonly files: readonly string[]
  readonly client: Client

  private constructor(
    readonly made: Awaited<ReturnType<typeof makeToolstack>>,
    private readonly below: Below,
  ) {
    this.files = ['a', 'b'].map((name) => path.join(made.folder, `${name}.rmsave`))
    const caller = testCaller(this.files)
    this.client = makeClient({
      invoke: async (name, params) => fromWire(structuredClone(toWire(await serveCall(made.servers, name, params, caller)))),
      listen: (listener) => made.onEvent(listener),
    })
  }

  static async open(below: Below, delayMs: number): Promise<Machine> {
    const made = await makeToolstack({ delayMs })
    const machine = new Machine(made, below)
    made.onEvent((name, payload) => machine.hear(name, payload))
    for (let guest = 0; guest < GUESTS; guest++) await made.toolstack.domains.define(made.config(`guest ${guest}`))
    return machine
  }

  guests(): readonly DomainInfo[] {
    return this.made.toolstack.domains.list().filter(({ kind }) => kind === 'guest')
  }

  /** What the window shows. */
  known(): readonly DomainInfo[] {
    return Object.values(this.window.domains).filter(({ kind }) => kind === 'guest')
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.below(Math.max(1, from.length))]
  }

  /** An answer is a result or one sentence, never our own mistake. */
  look(what: string, reply: Reply): Reply {
    this.told.push(`${what}: ${reply.ok ? 'ok' : reply.error.reason}`)
    if (reply.ok) return reply
    if (reply.error.code === 'INTERNAL_ERROR') this.wrong.push(`${what}: ${JSON.stringify(reply.error)}`)
    const { cause } = explainError(reply.error)
    if (!/^\S.*[.!”]$/s.test(cause) || /undefined|\{\w/.test(cause)) this.wrong.push(`${what}: ${cause}`)
    return reply
  }

  private hear(name: string, payload: unknown): void {
    if (typeof payload !== 'object' || payload === null) return
    if (name === 'domainChanged' && 'domain' in payload && domainInfoShape.is(payload.domain)) this.changed(payload.domain)
    if ('uuid' in payload && name === 'domainRemoved') {
      const uuid = String(payload.uuid)
      this.states.delete(uuid)
      this.window = reduce(this.window, { kind: 'domainRemoved', uuid })
    }
  }

  changed(domain: DomainInfo): void {
    this.window = reduce(this.window, { kind: 'domainsChanged', domains: [domain] })
    if (domain.kind !== 'guest') return
    const { uuid, name, state, operations } = domain
    const before = this.states.get(uuid)
    this.states.set(uuid, state)
    if (!domainStates.includes(state)) this.wrong.push(`${name} is ${state}`)
    const beyond = operations.filter((operation) => !lifeCycle[state].operations.includes(operation))
    if (beyond.length > 0) this.wrong.push(`${name} offers ${beyond.join(', ')} while ${state}`)
    if (isActive(state) && state !== 'starting' && state !== 'restoring' && domain.domid === null) {
      this.wrong.push(`${name} is ${state} without a domid`)
    }
    if (before === undefined || before === state) return
    this.ways.add(`${before} ${state}`)
    if (!Object.values(lifeCycle[before].next).includes(state)) this.wrong.push(`${name} went from ${before} to ${state}`)
  }

  /** What a guest, the driver or a slow disk do, whoever asked. */
  happen(): void {
    const { testDriver } = this.made
    const uuid = this.pick(this.guests())?.uuid ?? ''
    const failing = this.pick(['create', 'save', 'restore', 'suspend', 'shutdown', 'snapshot'] as const) ?? 'create'
    const events: readonly [string, () => void][] = [
      ['crash', () => testDriver.crash(uuid, 'the kernel panicked')],
      ['power off', () => testDriver.powerOff(uuid)],
      ['domain 0 restarts', () => testDriver.restartDomain0('killed by SIGKILL')],
      [`the next ${failing} fails`, () => testDriver.failNext(failing, errorReport('engine-said', { detail: 'it did not' }))],
      [
        'a job is cancelled',
        () => void this.made.toolstack.jobs.cancel(this.pick(this.made.toolstack.jobs.running())?.job ?? 0),
      ],
    ]
    const [name, act] = this.pick(events) ?? ['', () => {}]
    this.told.push(name)
    act()
  }

  /** A call of the table that is about one domain, whether anybody offers it or not. */
  async call(uuid: string): Promise<Reply> {
    const { client } = this
    const file = this.pick(this.files) ?? ''
    const snapshots = await client.call('snapshotTree', { uuid })
    const id = this.pick(snapshots.ok ? snapshots.value.snapshots : [])?.id ?? randomUUID()
    const trash = await client.call('trashList', {})
    const entry = this.pick(trash.ok ? trash.value : [])?.id ?? 'nothing'
    const name = `copy ${this.below(1 << 30)}`
    const calls: readonly [string, () => Promise<Reply>][] = [
      ...Object.entries(actionCalls).map(
        ([action, ask]) => [action, () => ask(client, uuid)] as [string, () => Promise<Reply>],
      ),
      ['setMemory', () => client.call('domainSetMemory', { uuid, memoryMiB: 16 + this.below(80) })],
      ['save', () => client.call('domainSave', { uuid, path: file })],
      ['restore', () => client.call('domainRestore', { path: file })],
      ['snapshot', () => client.call('snapshotCreate', { uuid, name, description: '' })],
      ['revert', () => client.call('snapshotRevert', { uuid, id })],
      ['delete a snapshot', () => client.call('snapshotDelete', { uuid, id, below: this.below(2) === 0 })],
      ['branch', () => client.call('snapshotBranch', { uuid, id, name })],
      ['fork', () => client.call('domainFork', { uuid, name })],
      ['clone', () => client.call('domainClone', { uuid, snapshot: null, name, disks: [] })],
      ['rename', () => client.call('domainRename', { uuid, name })],
      ['undefine', () => client.call('domainUndefine', { uuid })],
      ['take from the trash', () => client.call('trashRestore', { id: entry })],
    ]
    const [what, ask] = this.pick(calls) ?? ['', async () => ({ ok: true as const, value: null })]
    return this.look(what, await ask())
  }

  /** Presses what the window offers for a domain it shows; `fresh` says that it shows what is so. */
  async press(fresh: boolean): Promise<void> {
    const domain = this.pick(fresh ? this.guests() : this.known())
    if (domain === undefined) return
    const offered = Object.keys(actionTable)
      .filter(isActionId)
      .filter((id) => isAllowed(id, domain))
    const action = this.pick(offered.filter((id) => isCalled(id) || id === 'delete'))
    if (action === undefined) return
    const { uuid, name, state } = domain
    const reply = isCalled(action)
      ? await actionCalls[action](this.client, uuid)
      : await this.client.call('domainUndefine', { uuid, disks: [] })
    this.look(`${action} of ${name}, ${state}`, reply)
    const said = ['engine-said', 'file-unwritable']
    if (fresh && !reply.ok && !said.includes(reply.error.reason)) {
      this.wrong.push(`${action} was offered of ${name}, which is ${state}: ${reply.error.reason}`)
    }
  }

  /** Until nothing is on its way any more: no job, no state that passes by itself, three looks long. */
  async settle(): Promise<void> {
    const { jobs } = this.made.toolstack
    const passing: readonly DomainState[] = ['starting', 'restoring', 'saving', 'shutdown']
    for (let looks = 0, quiet = 0; looks < 2000 && quiet < 3; looks++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      const rests =
        jobs.running().length === 0 &&
        this.guests().every(({ uuid, state }) => {
          return !passing.includes(state) && this.made.testDriver.runs(uuid) === isActive(state)
        })
      quiet = rests ? quiet + 1 : 0
    }
  }

  /** After everything: each guest can still be ended or started, and window, toolstack and driver agree. */
  async end(): Promise<void> {
    await this.settle()
    const passing = this.guests().filter(({ state }) => ['starting', 'restoring', 'saving'].includes(state))
    if (passing.length > 0)
      this.wrong.push(`still on the way: ${passing.map(({ name, state }) => `${name} ${state}`).join(', ')}`)
    for (const { uuid, name, state } of this.guests()) {
      if (this.made.testDriver.runs(uuid) !== isActive(state))
        this.wrong.push(`${name} is ${state}, and the driver knows better`)
    }
    const list = await this.client.call('domainList', {})
    const so = list.ok ? list.value.filter(({ kind }) => kind === 'guest') : []
    const sorted = (domains: readonly DomainInfo[]) => [...domains].sort((a, b) => a.uuid.localeCompare(b.uuid))
    expect(sorted(this.known())).toEqual(sorted(so))
    for (const { uuid, state } of so) {
      if (isActive(state)) this.look('force off at the end', await this.client.call('domainDestroy', { uuid }))
    }
    await this.settle()
    const alive = this.guests().filter(({ state }) => isActive(state))
    if (alive.length > 0)
      this.wrong.push(`cannot be forced off: ${alive.map(({ name, state }) => `${name} ${state}`).join(', ')}`)
    await this.made.close()
    if (this.wrong.length > 0) throw new Error(`${this.wrong.join('\n')}\nafter:\n${this.told.slice(-40).join('\n')}`)
  }
}

async function one(machine: Machine, below: Below, together: boolean): Promise<void> {
  const roll = below(10)
  if (roll < 2) machine.happen()
  else if (roll < 6) await machine.press(!together)
  else await machine.call(machine.pick(machine.guests())?.uuid ?? randomUUID())
  if (!together) await machine.settle()
}

describe('random sequences of actions', () => {
  const ways = new Set<string>()
  const play = async (sequence: number, hands: number): Promise<void> => {
    const below = randomFrom(SEED + sequence * 7 + hands)
    const machine = await Machine.open(below, hands > 1 ? 8 : 0)
    const work = async (): Promise<void> => {
      for (let step = 0; step < STEPS / hands; step++) await one(machine, below, hands > 1)
    }
    await Promise.all(Array.from({ length: hands }, work))
    await machine.end()
    for (const way of machine.ways) ways.add(way)
  }

  it.each([
    ['one after another: what is offered is done', 1],
    ['several at a time, on what windows knew a moment ago', 3],
  ] as const)('stay within the life-cycle table: %s', { timeout: SEQUENCES * 30_000 }, async (_what, hands) => {
    for (let sequence = 0; sequence < SEQUENCES; sequence++) await play(sequence, hands)
  })

  it('go more than half of the ways there are', { timeout: MORE * 15_000 }, async () => {
    const all = domainStates.flatMap((from) =>
      [...new Set(Object.values(lifeCycle[from].next))].filter((to) => to !== from).map((to) => `${from} ${to}`),
    )
    const missed = () => all.filter((way) => !ways.has(way))
    // Which ways the same actions go depends on how long the host takes for each: some more of them where it was slow.
    for (let more = 0; more < MORE && missed().length >= all.length / 2; more++) await play(SEQUENCES + more, 3)
    expect(missed().length, missed().join('; ')).toBeLessThan(all.length / 2)
  })

  it('would find a way that the table does not know', async () => {
    const machine = await Machine.open(randomFrom(SEED), 0)
    const [domain] = machine.guests()
    if (domain === undefined) throw new Error('there is no guest')
    machine.changed({ ...domain, state: 'running', domid: 1 })
    expect(machine.wrong).toContain(`${domain.name} went from shutoff to running`)
    await machine.made.close()
  })
})
