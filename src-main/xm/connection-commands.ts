// Which connections there are, and which of them a command is about: `xm -c NAME …`, else the first one, as virsh has its default.
// Runs in: command line, plain Node.
import { type Client, clientAt } from '../public/client'
import { type ConnectionInfo, LOCAL_CONNECTION } from '../public/connection'
import { nameKey, properName } from '../public/name'
import { padded } from './columns'
import { type Context, call, Failure, taken } from './context'

/** The first one may have no name of its own. */
function nameOf({ name, driver }: ConnectionInfo): string {
  return name ?? driver
}

/** By name, letter case aside, or by the beginning of its identifier that its folder is called. */
export async function chooseConnection(client: Client, word: string | undefined): Promise<string> {
  if (word === undefined) return LOCAL_CONNECTION
  const all = taken(await client.call('connectionList', {}))
  const wanted = nameKey(properName(word).toLowerCase())
  const found =
    all.find((each) => nameKey(nameOf(each).toLowerCase()) === wanted) ??
    all.find(({ connection }) => wanted.length >= 8 && connection.startsWith(wanted))
  if (!found) throw new Failure(`There is no connection named ${word}. There are: ${all.map(nameOf).join(', ')}.`)
  if (found.state !== 'connected') throw new Failure(`${nameOf(found)} is not connected.`)
  return found.connection
}

/** All that a command calls means this connection. */
export function atConnection(app: Context['app'], connection: string): Pick<Context, 'app' | 'connection'> {
  const client = clientAt(app.client, connection)
  const { lost } = app
  return {
    app: { client, lost, stream: (number, listener) => app.stream(number, listener), close: () => app.close() },
    connection,
  }
}

export async function connections(context: Context): Promise<void> {
  const all = await call(context, 'connectionList', {})
  const domains = await call(context, 'domainList', {})
  const rows = all.map((each) => {
    const own = domains.filter(({ kind, connection = LOCAL_CONNECTION }) => kind === 'guest' && connection === each.connection)
    return [nameOf(each), each.driver, each.state, String(own.length), String(own.filter(({ domid }) => domid !== null).length)]
  })
  const widths = [33, 10, 14, 8]
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => padded(cell, widths[at] ?? 0))
      .join(' ')
      .trimEnd()
  context.out([['Name', 'Driver', 'State', 'Domains', 'Running'], ...rows].map(line).join('\n'))
}
