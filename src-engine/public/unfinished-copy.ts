// What a copy of a disk or a save of a guest is called until it is whole: hidden, in the folder it will be in, with the process that writes it. Who finds one
// whose process is gone may remove it. Runs in: image process, domain's process, main. No platform.
const PREFIX = '.ringmaster-copy'
const NAME = /^\.ringmaster-copy-(\d{1,9})-[0-9a-f-]{36}$/

export function unfinishedCopyName(pid: number, id: string): string {
  return `${PREFIX}-${pid}-${id}`
}

/** The process that writes it; undefined: no such file. */
export function writerOf(name: string): number | undefined {
  const pid = NAME.exec(name)?.[1]
  return pid === undefined ? undefined : Number(pid)
}
