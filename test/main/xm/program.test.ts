// The command line against a toolstack on the test driver, over a real socket: each command does what it says; wrong lines and an app
// that is not there end in one sentence. Runs in: vitest, plain Node.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { TestImages } from '../../../src-main/driver/test/test-images'
import { testUuid } from '../../../src-main/driver/test/test-population'
import { commands } from '../../../src-main/xm/command-table'
import { runProgram } from '../../../src-main/xm/program'
import { xmScene } from '../../support/xm-scene'

const scene = xmScene()
const { xm, config } = scene

describe('xm', () => {
  it('creates from xl.cfg, lists, and does what life has', async () => {
    expect(await xm('create', config('web'))).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('Parsing config from'),
    })
    const listed = await xm('list')
    expect(listed.out.split('\n')[0]).toBe('Name                                        ID   Mem VCPUs\tState\tTime(s)')
    expect(listed.out.split('\n')[2]).toMatch(/^web {37} +\d+ +64 {5}1 {5}[r-][b-]---- +\d+\.\d$/)
    const { out: domid } = await xm('domid', 'web')
    expect(await xm('domname', domid)).toMatchObject({ code: 0, out: 'web' })
    expect(await xm('pause', 'web')).toMatchObject({ code: 0 })
    expect((await xm('list', 'web')).out).toContain('--p---')
    expect(await xm('unpause', domid)).toMatchObject({ code: 0 })
    expect(await xm('rename', 'web', 'Büro 1')).toMatchObject({ code: 0 })
    expect((await xm('vcpu-list', 'Büro 1')).out).toContain('all / all')
    expect((await xm('uptime')).out).toMatch(/Büro 1 .* 0:00:\d\d/)
    expect(await xm('mem-set', 'Büro 1', '32m')).toMatchObject({ code: 0 })
    expect(await xm('reboot', '-w', 'Büro 1')).toMatchObject({ code: 0 })
    expect(await xm('shutdown', '-a', '-w')).toMatchObject({ code: 0 })
    expect((await xm('list')).out).not.toContain('Büro')
    expect((await xm('list', '-a')).out).toMatch(/Büro 1 .*------/)
    expect(await xm('start', 'Büro 1')).toMatchObject({ code: 0 })
    const { out: run } = await xm('domid', 'Büro 1')
    expect(await xm('reset', 'Büro 1')).toMatchObject({ code: 0, out: '' })
    expect((await xm('domid', 'Büro 1')).out).not.toBe(run)
    expect(await xm('destroy', 'Büro 1')).toMatchObject({ code: 0 })
    expect(await xm('delete', 'Büro 1')).toMatchObject({ code: 0, err: expect.stringContaining('trash') })
    expect(await xm('start', 'Büro 1')).toMatchObject({ code: 1, err: 'Büro 1 is an invalid domain identifier (rc=-6)' })
  })

  it('takes no name that two have, which files can make, and says what names them', async () => {
    expect(await xm('new', config('web'))).toMatchObject({ code: 0 })
    const [first] = scene
      .now()
      .made.toolstack.domains.list()
      .filter(({ name }) => name === 'web')
    if (!first?.config) throw new Error('it was not defined')
    const second = testUuid(77)
    scene.now().made.toolstack.domains.make(second, first.config)
    expect(await xm('start', 'web')).toMatchObject({
      code: 1,
      err: `web is the name of 2 domains: use an identifier, ${first.uuid} or ${second}`,
    })
    expect(await xm('start', second)).toMatchObject({ code: 0 })
  })

  it('creates a domain that waits, and goes on when told to', async () => {
    expect(await xm('create', '-q', '-p', config('web'))).toEqual({ code: 0, out: '', err: '' })
    expect((await xm('list', 'web')).out).toContain('--p---')
    expect(await xm('unpause', 'web')).toMatchObject({ code: 0 })
    expect((await xm('list', 'web')).out).not.toContain('--p---')
  })

  it('defines a domain that is started another time', async () => {
    expect(await xm('new', '-q', config('web'))).toEqual({ code: 0, out: '', err: '' })
    expect((await xm('list', '-a', 'web')).out).toContain('------')
    expect((await xm('list')).out).not.toContain('web')
  })

  it('takes vcpus off and gives them back by XenStore, and shows it', async () => {
    await xm('create', '-q', config('web', 'vcpus = 3\n'))
    expect(await xm('vcpu-set', 'web', '1')).toEqual({ code: 0, out: '', err: '' })
    const [, first, second, third] = (await xm('vcpu-list', 'web')).out.split('\n')
    expect(first).not.toContain('--p')
    expect(second).toMatch(/^web +\d+ +1 {4}- {3}--p +\d+\.\d {2}all \/ all$/)
    expect(third).toContain(' --p ')
    expect(await xm('vcpu-set', '-i', 'web', '2')).toMatchObject({ code: 0 })
    expect((await xm('vcpu-list', 'web')).out.match(/--p/g)).toHaveLength(1)
    expect(await xm('vcpu-set', 'web', '4')).toMatchObject({ code: 1, err: 'Requested 4 VCPUs, however maxcpus is 3!' })
    for (const wrong of ['0', '-1', 'x']) expect((await xm('vcpu-set', '--', 'web', wrong)).code).toBe(1)
    expect(await xm('migrate', 'web', 'elsewhere')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no live migration'),
    })
    await xm('destroy', 'web')
    // Of one that is off its definition: so many it starts with.
    const atStart = () =>
      scene
        .now()
        .made.toolstack.domains.list()
        .find(({ name }) => name === 'web')?.config?.currentVcpus
    expect(await xm('vcpu-set', 'web', '1')).toEqual({ code: 0, out: '', err: '' })
    expect(atStart()).toBe(1)
    expect(await xm('vcpu-set', 'web', '4')).toMatchObject({ code: 1, err: 'Requested 4 VCPUs, however maxcpus is 3!' })
    await xm('start', 'web')
    expect((await xm('vcpu-list', 'web')).out.match(/--p/g)).toHaveLength(2)
    await xm('destroy', 'web')
    expect(await xm('vcpu-set', '-i', 'web', '3')).toMatchObject({ code: 0 })
    expect(atStart()).toBe(undefined)
  })

  it('pins all vcpus of a machine together, and shows where', async () => {
    await xm('create', '-q', config('web', 'vcpus = 2\ncpus = "0,2-3"\n'))
    const affinity = async () =>
      (await xm('vcpu-list', 'web')).out
        .split('\n')
        .slice(1)
        .map((line) => line.split('  ').at(-1))
    expect(await affinity()).toEqual(['0,2-3 / all', '0,2-3 / all'])
    expect(await xm('vcpu-pin', 'web', 'all', '1')).toEqual({ code: 0, out: '', err: '' })
    expect(await affinity()).toEqual(['1 / all', '1 / all'])
    expect((await xm('dumpxml', 'web')).out).toContain("<vcpu cpuset='1'>2</vcpu>")
    expect((await xm('dumpxml', '--xl', 'web')).out).toContain("cpus = '1'")
    for (const [vcpu = '', hard = '', soft = ''] of [
      ['0', '1'],
      ['all', 'x'],
      ['all', '5-3'],
      ['all', '0', '1'],
      ['all', '4000'],
    ]) {
      expect((await xm('vcpu-pin', 'web', vcpu, hard, ...(soft ? [soft] : []))).code).toBe(1)
    }
    expect(await xm('vcpu-pin', 'web', 'all', 'all', '-')).toMatchObject({ code: 0 })
    expect(await affinity()).toEqual(['all / all', 'all / all'])
  })

  it('shows and changes weight and cap, of machines that run and of those that are off', async () => {
    await xm('create', '-q', config('web', 'cpu_weight = 512\n'))
    await xm('create', '-q', config('other'))
    const [head, ...rows] = (await xm('sched-credit')).out.split('\n')
    expect(head).toBe('Name                                ID Weight  Cap')
    expect(rows[0]).toBe('Domain-0                             0    256    0')
    expect(rows[1]).toMatch(/^web {30} +\d+ {4}512 {4}0$/)
    expect(await xm('sched-credit', '-d', 'web', '-c', '50')).toEqual({ code: 0, out: '', err: '' })
    expect((await xm('sched-credit', '-d', 'web')).out.split('\n')[1]).toMatch(/ 512 {3}50$/)
    await xm('destroy', 'web')
    expect(await xm('sched-credit', '-d', 'web', '-w', '128', '-c', '0')).toEqual({ code: 0, out: '', err: '' })
    expect((await xm('sched-credit', '-d', 'web')).out.split('\n')[1]).toMatch(/^web +128 {4}0$/)
    expect((await xm('dumpxml', '--xl', 'web')).out).toContain('cpu_weight = 128')
    const refused = { code: 1, err: 'Cpu weight out of range, valid values are from 1 to 65535' }
    expect(await xm('sched-credit', '-d', 'web', '-w', '0')).toMatchObject(refused)
    expect(await xm('sched-credit', '-d', 'web', '-c', 'x')).toMatchObject({ code: 1 })
    expect(await xm('sched-credit', '-w', '512')).toMatchObject({ code: 1, err: 'Must specify a domain.' })
    expect(await xm('sched-credit', '-d', 'Domain-0', '-w', '512')).toMatchObject({ code: 1 })
  })

  it('shows who uses what, so many times', async () => {
    await xm('create', '-q', config('web'))
    const { code, out } = await xm('top', '-b', '-i', '2', '-d', '1')
    expect(code).toBe(0)
    const lines = out.split('\n')
    expect(lines.filter((line) => /^ {6}NAME {2}STATE {3}CPU\(sec\) CPU\(%\)/.test(line))).toHaveLength(2)
    expect(lines.filter((line) => /^ {7}web -[-s][-b]-[-p][-r] +\d+ +\d+\.\d +\d+ /.test(line))).toHaveLength(2)
    expect(await xm('top', '-i', 'x')).toMatchObject({ code: 1, err: expect.stringContaining('whole number') })
  })

  it('fills a terminal until q is pressed, and puts it back', async () => {
    await xm('create', '-q', config('web'))
    const modes: boolean[] = []
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (raw: boolean) => modes.push(raw) })
    const stdout = Object.assign(new PassThrough(), { rows: 10, columns: 60 })
    let shown = ''
    stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString()
      if (shown.includes('web')) stdin.write('q')
    })
    const rest = { place: scene.now().place, out: () => {}, err: () => {}, now: Date.now, folder: scene.now().made.folder }
    expect(await runProgram(['top'], { ...rest, stdin, stdout })).toBe(0)
    expect(modes).toEqual([true, false])
    expect(shown).toContain('2 domains: ')
    expect(shown.endsWith('\x1b[?25h\x1b[?1049l')).toBe(true)
    // The names of the columns end where the terminal does.
    expect(shown).toContain('   NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXME\x1b[K\r\n')
  })

  it('creates from domain XML, and from what it printed', async () => {
    await xm('create', '-q', config('a'))
    const { out } = await xm('dumpxml', 'a')
    await xm('destroy', 'a')
    const file = join(scene.now().made.folder, 'b.xml')
    writeFileSync(file, out.replace('<name>a</name>', '<name>b</name>').replace(/<uuid>.*<\/uuid>/, ''))
    expect(await xm('create', '-q', 'b.xml')).toEqual({ code: 0, out: '', err: '' })
    expect((await xm('list')).out).toContain('\nb ')
    const dry = await xm('create', '-n', '-q', config('c', 'cpus = "1"\n'), 'memory=128', "extra='root=/dev/xvda1'")
    expect(dry.out).toContain("<memory unit='KiB'>131072</memory>")
    expect(dry.out).toContain('<cmdline>root=/dev/xvda1</cmdline>')
    expect((await xm('list', '-a')).out).not.toContain('\nc ')
  })

  it('defines a domain that is off anew, and is in nobody’s way that runs', async () => {
    await xm('create', config('web'))
    expect(await xm('create', config('web'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('A domain named web runs already.'),
    })
    await xm('destroy', 'web')
    expect(await xm('create', '-q', config('web', 'extra = "second"\n'))).toEqual({ code: 0, out: '', err: '' })
    expect((await xm('dumpxml', '--xl', 'web')).out).toContain("cmdline = 'second'")
    expect(scene.now().made.toolstack.domains.configs()).toHaveLength(1)
  })

  it('prints passwords of screens only when asked', async () => {
    expect(await xm('create', '-q', config('web', "vfb = [ 'vnc=1, vncpasswd=hunter22' ]\n"))).toMatchObject({ code: 0 })
    for (const format of [[], ['--xl']]) {
      expect((await xm('dumpxml', ...format, 'web')).out).not.toContain('hunter22')
      expect((await xm('dumpxml', ...format, '--security-info', 'web')).out).toContain('hunter22')
    }
  })

  it('saves and restores', async () => {
    await xm('create', config('web'))
    expect(await xm('save', 'web', 'web.save')).toMatchObject({ code: 0 })
    expect(existsSync(join(scene.now().made.folder, 'web.save'))).toBe(true)
    expect((await xm('list')).out).not.toContain('web')
    expect(await xm('restore', 'web.save')).toMatchObject({ code: 0 })
    expect((await xm('list')).out).toContain('web')
    expect(await xm('restore', 'none.save')).toMatchObject({ code: 1 })
  })

  it('attaches and detaches disks and network interfaces, by xl’s specifications', async () => {
    mkdirSync(join(scene.now().made.folder, 'disks'), { recursive: true })
    const image = join(scene.now().made.folder, 'disks', 'a, b.img')
    writeFileSync(image, Buffer.alloc(1 << 20))
    await xm('create', config('web'))
    expect(await xm('block-attach', 'web', `format=raw,vdev=xvdb,access=rw,target=${image}`)).toMatchObject({ code: 0 })
    expect(await xm('network-attach', 'web', 'mac=00:16:3e:00:00:77,bridge=default')).toMatchObject({ code: 0 })
    expect(await xm('network-attach', 'web')).toMatchObject({ code: 0 })
    expect((await xm('list', '-l', 'web')).out).toContain('"mac": "00:16:3e:00:00:77"')
    expect((await xm('block-list', 'web')).out).toMatch(/^Vdev {2}BE {2}handle state evt-ch ring-ref BE-path +\n51728 /)
    expect((await xm('network-list', 'web')).out).toContain('00:16:3e:00:00:77')
    expect(await xm('block-attach', 'web', '/x,raw,xvdz,w')).toMatchObject({
      code: 1,
      err: expect.stringContaining('xvdz'),
    })
    expect(await xm('network-detach', 'web', '00:16:3E:00:00:77')).toMatchObject({ code: 0 })
    expect(await xm('network-detach', 'web', '1')).toMatchObject({ code: 0 })
    expect(await xm('block-detach', 'web', 'xvdb')).toMatchObject({ code: 0 })
    expect(await xm('block-detach', 'web', 'xvdb')).toMatchObject({ code: 1, err: 'Error: Device xvdb not connected to web.' })
  })

  it('uses what an image refers to elsewhere only when told to', async () => {
    const [secret, top] = ['secret.raw', 'top.qcow2'].map((name) => join(scene.now().made.folder, name))
    if (!secret || !top) return
    writeFileSync(secret, Buffer.alloc(1 << 20))
    await new TestImages(async () => undefined).overlay(top, { path: secret, format: 'raw' })
    const refused = { code: 1, err: expect.stringContaining(`refers to the file ${secret}`) }
    expect(await xm('create', '-q', config('web', `disk = [ '${top},qcow2,xvda,w', ',,xvdc,cdrom' ]\n`))).toMatchObject(refused)
    expect(await xm('block-allow', 'web', 'xvdb', 'secret.raw')).toMatchObject({ code: 1 })
    expect(await xm('block-allow', 'web', 'xvda', 'secret.raw')).toMatchObject({ code: 0 })
    expect(await xm('start', 'web')).toMatchObject({ code: 0 })
    expect(await xm('cd-insert', 'web', 'xvdc', top)).toMatchObject(refused)
    await xm('destroy', 'web')
    expect(await xm('block-detach', 'web', 'xvda')).toMatchObject({ code: 0 })
    expect(await xm('start', 'web')).toMatchObject({ code: 0 })
    expect(await xm('cd-insert', 'web', 'xvdc', top, '--backing', 'secret.raw')).toMatchObject({ code: 0 })
    expect(await xm('cd-eject', 'web', 'xvdc')).toMatchObject({ code: 0 })
    const spec = `${top},qcow2,xvdb,w`
    expect(await xm('block-attach', 'web', spec)).toMatchObject(refused)
    expect(await xm('block-attach', 'web', spec, '--backing', 'other.raw', secret)).toMatchObject({ code: 0 })
    expect((await xm('dumpxml', 'web')).out).toContain(`${secret}</`)
  })

  it('changes the medium of a drive', async () => {
    mkdirSync(join(scene.now().made.folder, 'disks'), { recursive: true })
    const image = join(scene.now().made.folder, 'disks', 'cd.iso')
    writeFileSync(image, Buffer.alloc(1 << 20))
    await xm('create', config('web', "disk = [ ',,xvdc,cdrom' ]\n"))
    expect(await xm('cd-insert', 'web', 'xvdc', image)).toMatchObject({ code: 0 })
    expect((await xm('dumpxml', 'web')).out).toContain(`<source file='${image}'/>`)
    expect(await xm('cd-eject', 'web', 'xvdc')).toMatchObject({ code: 0 })
    expect((await xm('dumpxml', 'web')).out).not.toContain(image)
  })

  it('shows the console of a domain, types, and leaves with Ctrl+]', async () => {
    await xm('create', config('web'))
    const [stdin, stdout] = [new PassThrough(), new PassThrough()]
    let shown = ''
    stdout.on('data', (chunk: Buffer) => {
      const before = shown
      shown += chunk.toString()
      if (!before.includes('~ #') && shown.includes('~ #')) stdin.write('echo a\r')
      if (/\na\r?\n.*~ # $/s.test(shown)) stdin.write('\x1dnot typed')
    })
    const rest = { place: scene.now().place, out: () => {}, err: () => {}, now: Date.now, folder: scene.now().made.folder }
    expect(await runProgram(['console', 'web'], { ...rest, stdin, stdout })).toBe(0)
    expect(shown).toContain('echo a')
    expect(shown).not.toContain('not typed')
  })

  it('takes snapshots, goes back to them, and makes other domains of them', async () => {
    const disk = join(scene.now().made.folder, 'data.qcow2')
    await scene.now().made.driver.images.create({ path: disk, format: 'qcow2', sizeMiB: 64 })
    expect(await xm('create', '-q', config('web', `disk = ['${disk},qcow2,xvda,rw']\n`))).toMatchObject({ code: 0 })
    const names = async () =>
      (await xm('snapshot-list', 'web')).out
        .split('\n')
        .slice(1)
        .map((line) => line.slice(0, 33).trim())
    expect(await names()).toEqual([])
    expect(await xm('snapshot-create', 'web', 'First', 'as it was')).toEqual({ code: 0, out: '', err: '' })
    expect(await xm('snapshot-create', 'web', 'Second')).toMatchObject({ code: 0 })
    expect(await names()).toEqual(['First', 'Second *'])
    expect(await xm('snapshot-revert', 'web', 'First')).toMatchObject({ code: 0 })
    expect(await names()).toEqual(['First *', 'Second'])
    expect(await xm('snapshot-branch', 'web', 'Second', 'web 2')).toMatchObject({ code: 0 })
    expect(await xm('fork', 'web', 'web 3')).toMatchObject({ code: 0 })
    expect((await xm('list')).out).toMatch(/web .*\n.*web 2 .*\n.*web 3 /)
    expect(await xm('clone', '--linked', '-s', 'First', 'web', 'web 4')).toMatchObject({ code: 0 })
    expect((await xm('dumpxml', 'web 4')).out).toContain('ringmaster:backing')
    expect(await xm('clone', 'web', 'web 5')).toMatchObject({ code: 1, err: expect.stringContaining('web') })
    expect(await xm('snapshot-create', 'web', 'First')).toMatchObject({ code: 1, err: expect.stringContaining('First') })
    expect(await xm('snapshot-delete', 'web', 'Second')).toMatchObject({ code: 0 })
    expect(await xm('snapshot-revert', 'web', 'Second')).toMatchObject({ code: 1, err: 'There is no snapshot Second.' })
  })

  it('starts a VNC viewer where the screen is, and says why it cannot', async () => {
    await xm('create', '-q', config('web'))
    expect(await xm('vncviewer', 'web')).toMatchObject({ code: 1, err: expect.stringContaining('lets no VNC viewers in') })
    await xm('create', '-q', config('seen', "vfb = ['vnc=1,vnclisten=127.0.0.1']\n"))
    const seen = join(scene.now().made.folder, 'seen')
    writeFileSync(join(scene.now().made.folder, 'vncviewer'), `#!/bin/sh\necho "$1" > '${seen}'\n`, { mode: 0o755 })
    const path = process.env['PATH']
    process.env['PATH'] = `${scene.now().made.folder}:${path}`
    expect(await xm('vncviewer', 'seen')).toEqual({ code: 0, out: '', err: '' })
    expect(readFileSync(seen, 'utf8')).toMatch(/^(127\.0\.0\.1::\d+|\/.+)\n$/)
    process.env['PATH'] = scene.now().made.folder
    rmSync(join(scene.now().made.folder, 'vncviewer'))
    const refused = await xm('vncviewer', 'seen')
    process.env['PATH'] = path
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('ENOENT') })
  })

  it('fails when the app ends while it waits for a guest', async () => {
    await xm('create', '-q', config('web'))
    // It hears nothing of it, and is waited for as long as it takes.
    scene.now().made.testDriver.shutdown = async () => ({ ok: true, value: null })
    const waits = xm('shutdown', '-w', 'web')
    await expect.poll(async () => (await xm('list', 'web')).out).toMatch(/[r-][b-]-s--/)
    await scene.now().socket.close()
    expect(await waits).toMatchObject({ code: 1, err: expect.stringContaining('Ringmaster has ended meanwhile') })
  })

  it('sends a sysrq through XenStore', async () => {
    await xm('create', '-q', config('web'))
    const domid = (await xm('domid', 'web')).out
    expect(await xm('sysrq', 'web', 'sync')).toMatchObject({ code: 1 })
    expect(await xm('sysrq', 'web', 'h')).toEqual({ code: 0, out: '', err: '' })
    const dump = await scene.now().made.driver.dumpStore()
    expect(dump).toMatchObject({ value: expect.stringContaining(`/local/domain/${domid}/control/sysrq = "h"`) })
  })

  it('tells of host and domain 0', async () => {
    const { out } = await xm('info')
    expect(out).toMatch(/^host {19}: .+\nrelease {16}: /)
    expect(await xm('dmesg')).toMatchObject({ code: 0 })
    expect((await xm('list')).out).toMatch(/\nDomain-0 +0 /)
  })

  it.each([
    [['nothing'], 2, "unknown command 'nothing'"],
    [['domid'], 2, "missing required argument 'name'"],
    [['list', '--loud'], 2, "unknown option '--loud'"],
    [['nothing'], 2, '“xm help” lists all commands.'],
    [['mem-set', 'web'], 2, 'Usage: xm mem-set [options] <domain> <size>'],
    [['list', '--loud'], 2, '-v, --verbose'],
    [['pause', 'Domain-0'], 1, 'Domain-0 is domain 0, which cannot do this'],
    [['pause', '../../etc'], 1, '../../etc is an invalid domain identifier (rc=-6)'],
    [['shutdown'], 1, 'A domain, or -a for all, is expected.'],
    [['create', 'none.cfg'], 1, 'no such file or directory'],
    [['create', '.'], 1, 'Failed to read config file'],
    [['image-create', 'x'.repeat(5000), '10'], 1, 'image.path: text of at most 4096 characters is expected.'],
    [['image-create', 'a.qcow2', '65t'], 1, 'invalid image size: 65t; at most 64t is possible'],
    [['image-create', 'a.qcow2', '0'], 1, 'invalid image size: 0'],
    [['create', '/dev/zero'], 1, 'it is too large for a configuration'],
    [['domname', 'x'], 1, 'Invalid domain id: x'],
  ])('answers %j with code %i and a sentence', async (line, code, sentence) => {
    const answer = await xm(...line)
    expect(answer.code).toBe(code)
    expect(answer.err).toContain(sentence)
  })

  it('shows help, and has a line for every command', async () => {
    const { code, out } = await xm('--help')
    expect(code).toBe(0)
    for (const name of Object.keys(commands)) expect(out).toContain(` ${name} `)
    expect(await xm('create', '--help')).toMatchObject({ code: 0, out: expect.stringContaining('--dryrun') })
    expect((await xm()).code).toBe(2)
  })

  it('says when the app is not running', async () => {
    await scene.now().socket.close()
    expect(await xm('list')).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^Ringmaster is not running/) })
  })
})
