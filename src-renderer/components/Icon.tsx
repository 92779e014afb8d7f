// Our own small line icons on a 16×16 grid, drawn in the current text colour.
// Invariant: an icon is decoration; the words beside it or the label of its button say the same.
// Runs in: every window.

import type { ReactNode } from 'react'

const line = {
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.5,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const
const solid = { fill: 'currentColor' } as const

const drawings = {
  run: <path {...solid} d="M4.5 2.7v10.6c0 .6.6.9 1.1.6l8-5.3a.7.7 0 0 0 0-1.2l-8-5.3a.7.7 0 0 0-1.1.6z" />,
  pause: <path {...solid} d="M4 2.5h2.6v11H4zM9.4 2.5H12v11H9.4z" />,
  stop: <rect {...solid} x="3.5" y="3.5" width="9" height="9" rx="1.2" />,
  power: <path {...line} d="M8 1.8v6M4.6 4.1a5.5 5.5 0 1 0 6.8 0" />,
  reboot: <path {...line} d="M13.2 8a5.2 5.2 0 1 1-1.6-3.8M12.9 1.8v2.9H10" />,
  bolt: <path {...line} d="M9 1.8 3.6 9h3.6L6.6 14.2 12.4 7H8.7z" />,
  plus: <path {...line} d="M8 2.8v10.4M2.8 8h10.4" />,
  open: <path {...line} d="M2 3.2h12v8H2zM5.5 13.8h5M8 11.2v2.6" />,
  save: <path {...line} d="M8 1.8v7.4M5 6.4l3 3 3-3M2.3 10.5v2.7c0 .5.4.9.9.9h9.6c.5 0 .9-.4.9-.9v-2.7" />,
  restore: <path {...line} d="M8 9.4V2M5 4.8l3-3 3 3M2.3 10.5v2.7c0 .5.4.9.9.9h9.6c.5 0 .9-.4.9-.9v-2.7" />,
  trash: <path {...line} d="M2.5 4h11M6 4V2.3h4V4M4 4l.7 9.4c0 .4.3.7.7.7h5.2c.4 0 .7-.3.7-.7L12 4M6.7 6.8v4.6M9.3 6.8v4.6" />,
  close: <path {...line} d="m3.8 3.8 8.4 8.4M12.2 3.8l-8.4 8.4" />,
  search: <path {...line} d="M11.6 7a4.6 4.6 0 1 1-9.2 0 4.6 4.6 0 0 1 9.2 0zM10.4 10.4l3.4 3.4" />,
  up: <path {...line} d="m4.5 9.7 3.5-3.5 3.5 3.5" />,
  down: <path {...line} d="m4.5 6.3 3.5 3.5 3.5-3.5" />,
  more: (
    <path
      {...solid}
      d="M3.2 6.8a1.2 1.2 0 1 1 0 2.4 1.2 1.2 0 0 1 0-2.4zm4.8 0a1.2 1.2 0 1 1 0 2.4 1.2 1.2 0 0 1 0-2.4zm4.8 0a1.2 1.2 0 1 1 0 2.4 1.2 1.2 0 0 1 0-2.4z"
    />
  ),
  gear: <path {...line} d="M2 4.5h5M11 4.5h3M2 11.5h3M9 11.5h5M9 2.7v3.6M7 9.7v3.6" />,
  warning: <path {...line} d="M8 2 1.6 13.4h12.8zM8 6.4v3.2M8 11.6v.1" />,
  doctor: <path {...line} d="M2 8.4h2.6L6.4 4l3 8 1.8-3.6H14" />,
  info: <path {...line} d="M14.2 8A6.2 6.2 0 1 1 1.8 8a6.2 6.2 0 0 1 12.4 0zM8 7.4v3.6M8 5v.1" />,
  crash: <path {...line} d="M14.2 8A6.2 6.2 0 1 1 1.8 8a6.2 6.2 0 0 1 12.4 0zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4" />,
  clock: <path {...line} d="M14.2 8A6.2 6.2 0 1 1 1.8 8a6.2 6.2 0 0 1 12.4 0zM8 4.4V8l2.4 1.6" />,
  host: <path {...line} d="M2.2 3h11.6v4H2.2zM2.2 9h11.6v4H2.2zM4.8 5h.1M4.8 11h.1" />,
  guest: <path {...line} d="M1.8 2.8h12.4v8.4H1.8zM5.4 13.6h5.2M8 11.2v2.4" />,
  folder: <path {...line} d="M1.8 12.6V3.4h4.4l1.5 1.8h6.5v7.4z" />,
  copy: <path {...line} d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />,
  paste: <path {...line} d="M5.5 3H3.3v11h9.4V3h-2.2M5.5 1.8h5v2.6h-5z" />,
  check: <path {...line} d="m3 8.4 3.4 3.4L13 4.6" />,
  keyboard: <path {...line} d="M1.8 4.2h12.4v7.6H1.8zM4.4 6.8h.1M7 6.8h.1M9.6 6.8h.1M12 6.8h.1M5 9.4h6" />,
  camera: <path {...line} d="M1.8 5h3l1.1-1.8h4.2L11.2 5h3v7.6H1.8zM10.2 8.7a2.2 2.2 0 1 1-4.4 0 2.2 2.2 0 0 1 4.4 0z" />,
  expand: <path {...line} d="M6 2.3H2.3V6M10 2.3h3.7V6M6 13.7H2.3V10M10 13.7h3.7V10" />,
  shrink: <path {...line} d="M2.3 6H6V2.3M13.7 6H10V2.3M2.3 10H6v3.7M13.7 10H10v3.7" />,
  disk: <path {...line} d="M2 4.2c0-1.1 2.7-2 6-2s6 .9 6 2v7.6c0 1.1-2.7 2-6 2s-6-.9-6-2zM2 4.2c0 1.1 2.7 2 6 2s6-.9 6-2" />,
  network: <path {...line} d="M5.8 2.2h4.4v3.4H5.8zM1.8 10.4h4.4v3.4H1.8zM9.8 10.4h4.4v3.4H9.8zM8 5.6V8M4 10.4V8h8v2.4" />,
  chip: (
    <path {...line} d="M4.2 4.2h7.6v7.6H4.2zM6 4.2V2M10 4.2V2M6 14v-2.2M10 14v-2.2M4.2 6H2M4.2 10H2M14 6h-2.2M14 10h-2.2" />
  ),
  memory: <path {...line} d="M1.8 5h12.4v6H1.8zM4.4 7v2M7 7v2M9.6 7v2M12 7v2M4 11v2M8 11v2M12 11v2" />,
  terminal: <path {...line} d="M1.8 3h12.4v10H1.8zM4.2 6l2.2 2-2.2 2M8 10.4h3.6" />,
  refresh: <path {...line} d="M13.2 8a5.2 5.2 0 1 1-1.6-3.8M12.9 1.8v2.9H10" />,
  tag: <path {...line} d="M2.2 2.2h5.4l6.2 6.2-5.4 5.4-6.2-6.2zM5 5h.1" />,
  columns: <path {...line} d="M2 2.8h12v10.4H2zM6 2.8v10.4M10 2.8v10.4" />,
  star: <path {...line} d="m8 2 1.8 3.8 4.2.6-3 2.9.7 4.1L8 11.5l-3.7 1.9.7-4.1-3-2.9 4.2-.6z" />,
  eject: <path {...line} d="M8 2.6 13 9H3zM3 12.6h10" />,
  pencil: <path {...line} d="m3 13 .6-2.9 7.3-7.3 2.3 2.3-7.3 7.3zM9.5 4.2l2.3 2.3" />,
  eraser: <path {...line} d="M6.5 13.5h7M3.2 10.2l6.6-6.6 3.6 3.6-6.3 6.3H5.4z" />,
} satisfies Record<string, ReactNode>

export type IconName = keyof typeof drawings

export function Icon(props: { readonly name: IconName; readonly className?: string }) {
  return (
    <svg className={props.className === undefined ? 'icon' : `icon ${props.className}`} viewBox="0 0 16 16" aria-hidden="true">
      {drawings[props.name]}
    </svg>
  )
}
