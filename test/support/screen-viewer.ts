// A viewer on a guest's local VNC socket, and what is to be seen on a text console of 8x16 cells. Runs in: vitest, plain Node.
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { expect } from 'vitest'
import { RfbClient } from './rfb-client'

export interface ScreenViewer {
  readonly client: RfbClient
  close(): void
}

/** Connected, once the socket is there. */
export async function viewScreen(place: string, timeout: number): Promise<ScreenViewer> {
  await expect.poll(() => existsSync(place), { timeout, interval: 200 }).toBe(true)
  const socket = connect(place)
  socket.on('error', () => {})
  const client = new RfbClient((bytes) => void socket.write(bytes), { encodings: [16, 1] })
  socket.on('data', (bytes) => client.receive(bytes))
  await client.start()
  return { client, close: () => void socket.destroy() }
}

export interface Cell {
  readonly column: number
  readonly row: number
}

const WIDTH = 8
const HEIGHT = 16

/** The cells that are wholly of one colour: a mouse pointer, or what a menu has chosen where it has no letters. */
export async function cellsOf(client: RfbClient, colour: number): Promise<Cell[]> {
  await client.frame(false)
  const cells: Cell[] = []
  for (let row = 0; row < Math.floor(client.height / HEIGHT); row++) {
    for (let column = 0; column < Math.floor(client.width / WIDTH); column++) {
      if (isFilled(client, column, row, colour)) cells.push({ column, row })
    }
  }
  return cells
}

function isFilled(client: RfbClient, column: number, row: number, colour: number): boolean {
  for (let y = row * HEIGHT; y < (row + 1) * HEIGHT; y++) {
    for (let x = column * WIDTH; x < (column + 1) * WIDTH; x++) {
      if (((client.pixels[y * client.width + x] ?? 0) & 0xffffff) !== colour) return false
    }
  }
  return true
}
