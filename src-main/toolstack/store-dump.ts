// The part of a XenStore dump that is about one domain: its home, its vm path, and what backends keep for it.
// Runs in: main, plain Node.

/** Whether a node is one of those. */
export function isOfDomain(path: string, domid: number, uuid: string): boolean {
  if (/^\/local\/domain\/\d+\/backend\/[^/]+\/\d+(\/|$)/.test(path)) {
    return new RegExp(`^/local/domain/\\d+/backend/[^/]+/${domid}(/|$)`).test(path)
  }
  return [`/local/domain/${domid}`, `/vm/${uuid}`].some((root) => path === root || path.startsWith(`${root}/`))
}

/** `dump` has one node a line, as `xenstore-ls -f` prints it. */
export function storeOf(dump: string, domid: number, uuid: string): string {
  const backend = new RegExp(`^/local/domain/\\d+/backend/[^/ ]+/${domid}(/| =|$)`)
  const roots = [`/local/domain/${domid}`, `/vm/${uuid}`]
  const ours = dump.split('\n').filter((line) => {
    return backend.test(line) || roots.some((root) => line.startsWith(`${root}/`) || line.startsWith(`${root} `))
  })
  return ours.length === 0 ? '' : `${ours.join('\n')}\n`
}
