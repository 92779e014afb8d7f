// Boot menus as distributions write them: which entry is started, with which files and words. Runs in: vitest.
import { describe, expect, it } from 'vitest'
import { findBootable } from '../../../../src-engine/image/disk-kernel/boot-menu'
import { readExtlinuxMenu } from '../../../../src-engine/image/disk-kernel/extlinux'
import type { FileSystem, Node } from '../../../../src-engine/image/disk-kernel/file-system'
import { parseGrubEnvironment, readGrubMenu } from '../../../../src-engine/image/disk-kernel/grub-menu'
import { parseGrubScript } from '../../../../src-engine/image/disk-kernel/grub-script'
import { parseLoaderEntry } from '../../../../src-engine/image/disk-kernel/loader-entries'
import { compareVersions } from '../../../../src-engine/image/disk-kernel/version-order'
import { ok } from '../../../../src-engine/public/result'
import { DISK_UUID, debianMenu } from '../../../support/boot-disk'

/** A file system that holds these texts. */
function holding(files: Readonly<Record<string, string>>, uuid = DISK_UUID, label = ''): FileSystem {
  const paths = new Map<string, number>([['', 0]])
  const nodes: { node: Node; text: string; path: string }[] = [{ node: { id: 0, kind: 'folder', size: 0 }, text: '', path: '' }]
  const add = (path: string, text?: string): void => {
    if (paths.has(path)) return
    const id = nodes.length
    paths.set(path, id)
    nodes.push({ node: { id, kind: text === undefined ? 'folder' : 'file', size: text?.length ?? 0 }, text: text ?? '', path })
  }
  for (const [path, text] of Object.entries(files)) {
    const steps = path.split('/').slice(1)
    for (let count = 1; count < steps.length; count++) add(`/${steps.slice(0, count).join('/')}`)
    add(path, text)
  }
  const of = (id: number) => nodes[id] ?? { node: { id, kind: 'other' as const, size: 0 }, text: '', path: '' }
  return {
    kind: 'ext',
    uuid,
    label,
    dirty: false,
    ignoresCase: false,
    root: 0,
    disk: Object.create(null),
    node: async (id) => ok(of(id).node),
    list: async ({ id }) => {
      const { path } = of(id)
      const below = nodes.filter((other) => other.path !== '' && other.path.replace(/\/[^/]*$/, '') === path)
      return ok(below.map((other) => ({ id: other.node.id, name: other.path.slice(path.length + 1) })))
    },
    target: async () => ok(''),
    pieces: async () => ok([]),
    contents: async ({ id }) => ok(Buffer.from(of(id).text)),
  }
}

async function started(...systems: FileSystem[]) {
  const found = await findBootable(
    systems.map((system, index) => ({ number: index + 1, system })),
    'xvda',
  )
  if (!found.ok) throw new Error(found.error.message)
  const { from, title, kernel, ramdisks, cmdline } = found.value ?? {}
  const on = found.value ? systems.indexOf(found.value.system) + 1 : 0
  return found.value && { from, title, kernel: kernel?.path, ramdisks: ramdisks?.map(({ path }) => path), cmdline, on }
}

const kernels = {
  '/boot/vmlinuz-6.1.0-10-amd64': 'k',
  '/boot/initrd.img-6.1.0-10-amd64': 'r',
  '/boot/vmlinuz-6.1.0-9-amd64': 'k',
  '/boot/initrd.img-6.1.0-9-amd64': 'r',
}

describe('the default entry of GRUB', () => {
  it.each([
    ['0', '', 'simple'],
    ['1', '', '10-amd64'],
    ['1>2', '', '9-amd64 (recovery mode)'],
    ['advanced>adv-9', '', '9-amd64'],
    ['Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux 6.1.0-9-amd64', '', '9-amd64'],
    // GRUB_DEFAULT=saved, as grub-set-default writes it; with next_entry, which only GRUB could clear.
    [`\${saved_entry}`, 'saved_entry=advanced>adv-9\nnext_entry=simple\n', '9-amd64'],
    ['nothing of this name', '', 'simple'],
  ])('is the one that “%s” names', async (chosen, environment, expected) => {
    const found = await started(
      holding({
        ...kernels,
        '/boot/grub/grub.cfg': debianMenu(chosen),
        '/boot/grub/grubenv': `# GRUB Environment Block\n${environment}####`,
      }),
    )
    const title = expected === 'simple' ? 'Debian GNU/Linux' : `Debian GNU/Linux, with Linux 6.1.0-${expected}`
    const version = expected.startsWith('9') ? '9' : '10'
    expect(found).toMatchObject({ from: 'grub', title, kernel: `/boot/vmlinuz-6.1.0-${version}-amd64` })
    expect(found?.cmdline).toBe(expected.includes('recovery') ? 'root=UUID=4711 ro quiet single' : 'root=UUID=4711 ro quiet')
  })

  it('is another one when its files are gone', async () => {
    const { '/boot/vmlinuz-6.1.0-10-amd64': _gone, ...left } = kernels
    expect(await started(holding({ ...left, '/boot/grub/grub.cfg': debianMenu() }))).toMatchObject({
      kernel: '/boot/vmlinuz-6.1.0-9-amd64',
    })
  })

  it('of Fedora comes from its files of entries, the latest by version, or the saved one', async () => {
    const entry = (version: string): string =>
      `title Fedora Linux (${version}) 40\nversion ${version}\nlinux /vmlinuz-${version}\ninitrd /initramfs-${version}.img $tuned_initrd\noptions root=UUID=9 ro $kernelopts rhgb\ngrub_class fedora\n`
    const menu = `if [ -f \${config_directory}/grubenv ]; then\n  load_env -f \${config_directory}/grubenv\nelif [ -s $prefix/grubenv ]; then\n  load_env\nfi\nset default="\${saved_entry}"\nsearch --no-floppy --fs-uuid --set=boot 77\ninsmod blscfg\nblscfg\n`
    const files = {
      '/loader/entries/abc-0-rescue.conf': entry('0-rescue'),
      '/loader/entries/abc-6.9.5.conf': entry('6.9.5'),
      '/loader/entries/abc-6.10.2.conf': entry('6.10.2'),
      '/vmlinuz-6.9.5': 'k',
      '/initramfs-6.9.5.img': 'r',
      '/vmlinuz-6.10.2': 'k',
      '/initramfs-6.10.2.img': 'r',
      '/vmlinuz-0-rescue': 'k',
      '/initramfs-0-rescue.img': 'r',
      '/grub2/grub.cfg': menu,
    }
    const newest = await started(
      holding({ '/etc/fstab': '' }, 'a'),
      holding({ ...files, '/grub2/grubenv': 'kernelopts=quiet splash\n' }, 'b'),
    )
    expect(newest).toEqual({
      from: 'grub',
      title: 'Fedora Linux (6.10.2) 40',
      kernel: '/vmlinuz-6.10.2',
      ramdisks: ['/initramfs-6.10.2.img'],
      cmdline: 'root=UUID=9 ro quiet splash rhgb',
      on: 2,
    })
    const saved = await started(holding({ ...files, '/grub2/grubenv': 'saved_entry=abc-6.9.5\n' }))
    expect(saved).toMatchObject({ kernel: '/vmlinuz-6.9.5', cmdline: 'root=UUID=9 ro rhgb' })
  })

  it.each([
    ['-lt', '/b'],
    ['constructor', '/a'],
  ])('compares by GRUB’s words and by no others: %s', async (word, kernel) => {
    const menu = `set default=0\nif [ 1 ${word} 2 ]; then\n  set default=1\nfi\nmenuentry a {\n  linux /a\n}\nmenuentry b {\n  linux /b\n}\n`
    expect(await started(holding({ '/a': 'k', '/b': 'k', '/grub2/grub.cfg': menu }))).toMatchObject({ kernel })
  })

  it('of Ubuntu starts with its ramdisk, which GRUB would try without first', async () => {
    const menu = `menuentry 'Ubuntu' {
	gfxmode $linux_gfx_mode
	search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt1 ${DISK_UUID}
	if [ "\${initrdfail}" = 1 ]; then
	  linux	/boot/vmlinuz root=LABEL=cloudimg-rootfs ro  console=tty1 console=ttyS0
	  initrd	/boot/initrd.img
	else
	  linux	/boot/vmlinuz root=PARTUUID=1 ro panic=-1
	fi
	initrdfail
}`
    const found = await started(
      holding({ '/vmlinuz': 'other' }, 'esp'),
      holding({ '/boot/grub/grub.cfg': menu, '/boot/vmlinuz': 'k', '/boot/initrd.img': 'r' }),
    )
    expect(found).toEqual({
      from: 'grub',
      title: 'Ubuntu',
      kernel: '/boot/vmlinuz',
      ramdisks: ['/boot/initrd.img'],
      cmdline: 'root=LABEL=cloudimg-rootfs ro console=tty1 console=ttyS0',
      on: 2,
    })
  })

  it('has its files on the file system that it searches for, or names', async () => {
    const menu = (line: string): string => `menuentry x {\n ${line}\n linux /k a=1\n}`
    const boot = (line: string) =>
      [
        holding({ '/boot/grub/grub.cfg': menu(line), '/k': '' }, 'one'),
        holding({ '/k': '', '/mark': '' }, 'TWO', 'second'),
      ] as const
    for (const line of [
      'search --fs-uuid --set=root two',
      'search -l -s root second',
      'set root=(hd0,gpt2)',
      "set root='hd0,msdos2'",
      'search --file --set=root /mark',
    ]) {
      expect(await started(...boot(line)), line).toMatchObject({ on: 2, cmdline: 'a=1' })
    }
    expect(await started(...boot('search --fs-uuid --set=root three'))).toMatchObject({ on: 1 })
  })

  it('has words as a shell would have them', () => {
    const menu = readGrubMenu(
      `a=1; set b="x y"\nmenuentry "It's $a" 'two' --id=me {\n linux /k "q=$b" $b c='$b' \\\n d\\ e \${missing} # no\n}`,
      new Map(),
      () => [],
    )
    expect(menu.entries).toMatchObject([{ title: "It's 1", ids: ['me'], cmdline: 'q=x y x y c=$b d e' }])
    expect([...parseGrubEnvironment('# x\na=b\\=c\n=\nnext_entry=1\n###')]).toEqual([['a', 'b=c']])
  })

  it('has no more words than a command may have, however many its variables stand for', async () => {
    const menu = `set a="${'x '.repeat(3000)}"\nmenuentry a {\n  linux /a ${'$a '.repeat(50)}${'$a'.repeat(50)}\n}\n`
    const found = await started(holding({ '/a': 'k', '/grub2/grub.cfg': menu }))
    expect(found?.cmdline?.split(' ').length).toBe(1022)
    const long = `set a=${'y'.repeat(8000)}\nmenuentry a {\n  linux /a "${'$a'.repeat(50)}"\n}\n`
    expect((await started(holding({ '/a': 'k', '/grub2/grub.cfg': long })))?.cmdline?.length).toBe(8192)
  })

  it.each([
    ['a variable whose brace is never closed', () => parseGrubScript('${'.repeat(4 * 1024 * 1024)).length],
    [
      'blanks within a value of extlinux',
      () => readExtlinuxMenu(`label a\nlinux b${' '.repeat(2_000_000)}c\n`, '').entries.length,
    ],
    ['blanks within a value of an entry', () => (parseLoaderEntry('a', `linux b${' '.repeat(2_000_000)}c\n`) ? 1 : 0)],
    ['blanks and a carriage return', () => (parseLoaderEntry('a', `linux  b${' '.repeat(20_000)}\rc\n`) ? 1 : 0)],
  ])('with %s is read once', (_what, read) => {
    expect(read()).toBe(1)
  })

  it('of a script that is nested without end, or is none, comes to an end', () => {
    for (const text of [
      '{'.repeat(100_000),
      'if '.repeat(100_000),
      'menuentry x { '.repeat(100_000),
      '"'.repeat(99_999),
      '$'.repeat(100_000),
      '}}} fi done else then ; && ||',
      'submenu a {\n'.repeat(5000),
      `x=${'$x'.repeat(50)}\n`.repeat(3000),
    ]) {
      expect(readGrubMenu(text, new Map(), () => []).entries.length).toBeLessThanOrEqual(1)
    }
  })
})

describe('other menus', () => {
  it('extlinux as Alpine has it', async () => {
    const text =
      'DEFAULT menu.c32\nPROMPT 0\nMENU TITLE Alpine\nTIMEOUT 10\nLABEL virt\n  MENU LABEL Linux virt\n  LINUX vmlinuz-virt\n  INITRD initramfs-virt\n  APPEND root=UUID=1 modules=ext4\nLABEL lts\n  MENU DEFAULT\n  MENU LABEL Linux ^lts\n  LINUX vmlinuz-lts\n  INITRD initramfs-lts\n  APPEND root=UUID=1 modules=sd-mod,ext4 quiet\nMENU SEPARATOR\n'
    const files = { '/vmlinuz-lts': 'k', '/initramfs-lts': 'r', '/vmlinuz-virt': 'k', '/initramfs-virt': 'r' }
    expect(await started(holding({ ...files, '/extlinux.conf': text }))).toMatchObject({
      from: 'extlinux',
      title: 'Linux lts',
      kernel: '/vmlinuz-lts',
      ramdisks: ['/initramfs-lts'],
      cmdline: 'root=UUID=1 modules=sd-mod,ext4 quiet',
    })
    const old = readExtlinuxMenu(
      'default two\nlabel one\nkernel /a\nlabel two\nkernel b\nappend initrd=c,/d x=y\n',
      '/syslinux',
    )
    expect(old).toMatchObject({
      chosen: 'two',
      entries: [{ kernel: '/a' }, { kernel: '/syslinux/b', ramdisks: ['/syslinux/c', '/d'], cmdline: 'x=y' }],
    })
  })

  it('systemd-boot with its default by pattern', async () => {
    const entry = (name: string): string => `title ${name}\nlinux /${name}\noptions a=${name}\n`
    const files = {
      '/loader/entries/arch.conf': entry('k1'),
      '/loader/entries/arch-lts.conf': entry('k2'),
      '/loader/entries/zz.conf': entry('k3'),
      '/k1': '',
      '/k2': '',
      '/k3': '',
    }
    expect(await started(holding({ ...files, '/loader/loader.conf': 'timeout 3\ndefault arch-*.conf\n' }))).toMatchObject({
      from: 'loader-entries',
      kernel: '/k2',
      cmdline: 'a=k2',
    })
    expect(await started(holding({ ...files, '/loader/loader.conf': 'default zz\n' }))).toMatchObject({ kernel: '/k3' })
  })

  it('none: a menu without a kernel that is there, and nothing else', async () => {
    expect(await started(holding({ '/boot/grub/grub.cfg': debianMenu() }))).toBeUndefined()
    expect(await started()).toBeUndefined()
  })

  it('orders versions as people do', () => {
    const sorted = ['6.9', '6.10', '6.10-rc1', '5.15.0-100', '5.15.0-99'].sort(compareVersions)
    expect(sorted).toEqual(['5.15.0-99', '5.15.0-100', '6.9', '6.10', '6.10-rc1'])
  })
})
