// The shell of a guest as a user works in it, in the text console of its window. Runs in: end-to-end tests (plain Node).
import type { DomainPage } from './domain-page'

const ANSWER_MS = 90_000

/** Runs a line in the guest's shell and gives what it printed. */
export class GuestShell {
  private lines = 0

  constructor(private readonly domain: DomainPage) {}

  async says(line: string): Promise<string> {
    const end = `end${++this.lines}`
    // What is typed is echoed, so the word to wait for is put together by the shell; what was printed may end without a line end.
    await this.domain.type(`clear; ${line}; echo; echo en""d${this.lines}\r`)
    await this.domain.waitForText(new RegExp(`^${end}$`, 'm'), ANSWER_MS)
    const screen = await this.domain.screen()
    const printed = screen.slice(0, screen.search(new RegExp(`^${end}$`, 'm')))
    return printed
      .split('\n')
      .filter((each) => !each.includes('clear;'))
      .join('\n')
      .trim()
  }
}
