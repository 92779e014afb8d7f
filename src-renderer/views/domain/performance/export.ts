// What the Performance page shows, as a table and as a picture. The table is CSV as RFC 4180 has it, times in UTC, numbers with
// points whatever the language: it is for programs. Runs in: domain window; the table in tests too.

import { RATE_NAMES } from '../../../../src-main/public/device'
import type { Sample } from '../../../state/history'

const diskWords = {
  readBytes: 'read bytes/s',
  writtenBytes: 'written bytes/s',
  readRequests: 'read requests/s',
  writeRequests: 'write requests/s',
} as const

const nicWords = {
  readBytes: 'received bytes/s',
  writtenBytes: 'sent bytes/s',
  readRequests: 'received requests/s',
  writeRequests: 'sent requests/s',
} as const

function cell(text: string): string {
  // Spreadsheets take what begins like this for a formula.
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain
}

export function samplesAsCsv(samples: readonly Sample[], names: ReadonlyMap<string, string>): string {
  const vcpus = samples.reduce((most, { vcpus }) => Math.max(most, vcpus.length), 0)
  const keys = [...new Set(samples.flatMap(({ devices }) => devices.map(({ key }) => key)))]
  const head = [
    'time',
    'span s',
    'cpu %',
    ...Array.from({ length: vcpus }, (_, vcpu) => `vcpu ${vcpu} %`),
    'memory bytes',
    ...keys.flatMap((key) => {
      const words = key.startsWith('vif') ? nicWords : diskWords
      return RATE_NAMES.map((name) => `${names.get(key) ?? key} ${words[name]}`)
    }),
  ]
  const percent = (share: number): string => (share * 100).toFixed(2)
  const lines = samples.map((sample) => {
    const rates = keys.flatMap((key) => {
      const device = sample.devices.find((each) => each.key === key)
      return RATE_NAMES.map((name) => (device === undefined ? '' : String(Math.round(device[name]))))
    })
    return [
      new Date(sample.at).toISOString(),
      String(Math.round(sample.spanMs / 100) / 10),
      percent(sample.cpu),
      ...Array.from({ length: vcpus }, (_, vcpu) => percent(sample.vcpus[vcpu] ?? 0)),
      String(Math.round(sample.memory)),
      ...rates,
    ]
  })
  return [head, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('')
}

interface Word {
  readonly text: string
  /** Of the curve it names. */
  readonly colour?: string
}

/** Title, legend and reading of a chart; each word of the legend with its curve's colour, as it stands before it in the window. */
function captionWords(figure: Element): readonly Word[] {
  return [...figure.querySelectorAll('figcaption > :not(.live-chart-legend), .live-chart-legend > *')].map((part) => {
    const text = part.textContent ?? ''
    if (!part.classList.contains('swatch')) return { text }
    return { text, colour: getComputedStyle(part, '::before').backgroundColor }
  })
}

/** All charts of a page below one another, with their titles, on the window's own background. */
export async function chartsAsPng(page: HTMLElement, title: string): Promise<Uint8Array | null> {
  const figures = [...page.querySelectorAll('figure.live-chart')].flatMap((figure) => {
    const canvas = figure.querySelector('canvas')
    return canvas === null ? [] : [{ canvas, words: captionWords(figure) }]
  })
  const scale = window.devicePixelRatio
  const [margin, line] = [16 * scale, 26 * scale]
  const width = Math.max(...figures.map(({ canvas }) => canvas.width), 1) + 2 * margin
  const height = figures.reduce((sum, { canvas }) => sum + canvas.height + line, line + 2 * margin)
  const picture = document.createElement('canvas')
  picture.width = width
  picture.height = height
  const pen = picture.getContext('2d')
  if (pen === null) return null
  const style = getComputedStyle(document.body)
  pen.fillStyle = style.backgroundColor
  pen.fillRect(0, 0, width, height)
  pen.fillStyle = style.color
  pen.textBaseline = 'middle'
  const gap = 14 * scale
  const write = (words: readonly Word[], y: number, weight: number) => {
    pen.font = `${weight} ${13 * scale}px ${style.fontFamily}`
    let x = margin
    for (const { text, colour } of words) {
      if (colour !== undefined) {
        pen.fillStyle = colour
        pen.fillRect(x, y + line / 2 - 1.5 * scale, 12 * scale, 3 * scale)
        x += 17 * scale
      }
      pen.fillStyle = style.color
      pen.fillText(text, x, y + line / 2)
      x += pen.measureText(text).width + gap
    }
  }
  write([{ text: title }], margin, 700)
  let y = margin + line
  for (const { canvas, words } of figures) {
    write(words, y, 400)
    pen.drawImage(canvas, margin, y + line)
    y += line + canvas.height
  }
  const blob = await new Promise<Blob | null>((resolve) => picture.toBlob(resolve, 'image/png'))
  return blob === null ? null : new Uint8Array(await blob.arrayBuffer())
}
