// A web server of this machine with an installation tree in it, and whatever a hostile or broken server does instead of serving one.
// Runs in: tests, plain Node.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** What is served at a path: a file, or what is done with the request. */
export type Served = Uint8Array | string | ((request: IncomingMessage, response: ServerResponse) => void)

/** A kernel and a ramdisk as far as the way they begin says so. */
export function fakeKernel(size = 4096, fill = 1): Buffer {
  const kernel = Buffer.alloc(size, fill)
  kernel.write('HdrS', 0x202, 'latin1')
  return kernel
}
export function fakeRamdisk(size = 5000, fill = 2): Buffer {
  const ramdisk = Buffer.alloc(size, fill)
  ramdisk.write('\x1f\x8b', 0, 'latin1')
  return ramdisk
}

export const DEBIAN_NETBOOT = 'main/installer-amd64/current/images/netboot/debian-installer/amd64'

/** Debian's archive, as much as an installation needs of it. */
export function debianTree(kernel: Uint8Array = fakeKernel(), ramdisk: Uint8Array = fakeRamdisk()): Record<string, Served> {
  return {
    [`/debian/dists/bookworm/${DEBIAN_NETBOOT}/linux`]: kernel,
    [`/debian/dists/bookworm/${DEBIAN_NETBOOT}/initrd.gz`]: ramdisk,
    '/debian/dists/bookworm/Release': 'Origin: Debian\nLabel: Debian\nSuite: oldstable\nVersion: 12.8\nCodename: bookworm\n',
  }
}

export class TreeServer {
  readonly requests: { readonly path: string; readonly range: string | undefined }[] = []
  private readonly server: Server
  files: Readonly<Record<string, Served>> = {}
  /** What paths get that have no file. */
  otherwise: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
    response.writeHead(404, { 'content-type': 'text/html' }).end('<html>not here</html>')
  }

  constructor() {
    this.server = createServer((request, response) => {
      const path = request.url ?? ''
      this.requests.push({ path, range: request.headers.range })
      const served = this.files[path]
      if (served === undefined) return this.otherwise(request, response)
      if (typeof served === 'function') return served(request, response)
      this.send(Buffer.from(served), request, response)
    })
  }

  private send(bytes: Buffer, request: IncomingMessage, response: ServerResponse): void {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    if (from === undefined || to === undefined)
      return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    const part = bytes.subarray(Number(from), Number(to) + 1)
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`
    response.writeHead(206, { 'content-length': part.length, 'content-range': range }).end(part)
  }

  /** Its address, without a slash at the end. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    const address = this.server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
