// The command line out of the table: parsing and help by commander, one connection to the app for the command that was chosen.
// Invariant: the answer is an exit code: 0, 1 for what failed, 2 for a line that says nothing. Runs in: command line, plain Node.
import { Command, CommanderError } from 'commander'
import { rowUsed } from '../../src-engine/public/row-use'
import type { SocketPlace } from '../public/xm-socket'
import { type Arguments, type CommandRow, commands } from './command-table'
import { openConnection } from './connection'
import { atConnection, chooseConnection } from './connection-commands'
import { type Context, Failure } from './context'

export interface Surroundings extends Omit<Context, 'app' | 'connection'> {
  readonly place: SocketPlace
}

const NOT_RUNNING =
  'Ringmaster is not running, or it runs as another user. Start it (“ringmaster”, or “npm start” in its folder) and try again.'

function argumentsOf(given: readonly unknown[]): Arguments {
  const options: unknown = given.at(-2)
  const known = typeof options === 'object' && options !== null ? new Map(Object.entries(options)) : new Map<string, unknown>()
  return {
    word: (at) => String(given[at] ?? ''),
    words: (at) => {
      const list = given[at]
      return Array.isArray(list) ? list.map(String) : []
    },
    flag: (name) => (known.get(name) === true ? { [name]: true } : undefined),
    value: (name) => {
      const value = known.get(name)
      return typeof value === 'string' ? value : undefined
    },
    list: (name) => {
      const list = known.get(name)
      return Array.isArray(list) ? list.map(String) : []
    },
  }
}

/** The app has gone while a command waited for a job or a domain: whether it was done nobody knows. */
function ended(reason: string): never {
  throw new Failure(`Ringmaster has ended meanwhile (${reason}). Look when it runs again: what was not finished was undone.`)
}

async function perform(row: CommandRow, args: Arguments, around: Surroundings, wanted: string | undefined): Promise<number> {
  const opened = await openConnection(around.place)
  if (!opened.ok) {
    around.err(/ENOENT|ECONNREFUSED/.test(opened.error) ? NOT_RUNNING : `Ringmaster cannot be reached: ${opened.error}.`)
    return 1
  }
  const app = opened.value
  try {
    const connection = await chooseConnection(app.client, wanted)
    const run = row.run({ ...around, ...atConnection(app, connection) }, args)
    await Promise.race([run, app.lost.then(ended)])
    return 0
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown
    around.err(thrown.message)
    return 1
  } finally {
    app.close()
  }
}

export async function runProgram(line: readonly string[], around: Surroundings): Promise<number> {
  let code = 0
  const program = new Command('xm')
    .description('Controls the domains of a running Ringmaster with the commands of Xen’s xl.')
    .configureOutput({
      writeOut: (text) => around.out(text.replace(/\n$/, '')),
      writeErr: (text) => around.err(text.replace(/\n$/, '')),
    })
    .option('-c, --connect <name>', 'The connection the command is about; “xm connections” lists them.')
    .enablePositionalOptions()
    .exitOverride()
  const rows: Readonly<Record<string, CommandRow>> = commands
  for (const [name, row] of Object.entries(rows)) {
    // As xl does: what the command takes, where its line was wrong.
    const command = program.command(`${name} ${row.args}`.trim()).description(row.does).showHelpAfterError()
    for (const [flags, does] of row.options ?? []) command.option(flags, does)
    command.action(async (...given: unknown[]) => {
      rowUsed('xm commands', name)
      const wanted: unknown = program.opts()['connect']
      code = await perform(row, argumentsOf(given), around, typeof wanted === 'string' ? wanted : undefined)
    })
  }
  program.showHelpAfterError('“xm help” lists all commands.')
  try {
    await program.parseAsync([...line], { from: 'user' })
    return code
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    return ['commander.helpDisplayed', 'commander.help', 'commander.version'].includes(thrown.code) && line.length > 0 ? 0 : 2
  }
}
