// Which domain a file chosen by the user was saved from, newest first: saved-files.json of the definitions' folder.
// Runs in: main, plain Node.
import { fields, list, number, oneOf, text } from '../../src-engine/public/shape'
import { writeFileAtomic } from '../lib/atomic-file'
import { type ErrorReport, errorReport } from '../public/error-code'
import { type DomainConfig, domainConfigShape, uuidShape } from '../public/types'
import { migrateSavedFiles, VERSION } from './migration'
import { readOwnFile, shaped } from './own-file'

const KEPT_MOST = 200

const savedFileShape = fields({ path: text, uuid: uuidShape, config: domainConfigShape, savedAt: number })
const savedFilesShape = fields({ version: oneOf(VERSION), files: list(savedFileShape) })

export interface SavedFile {
  readonly path: string
  readonly uuid: string
  readonly config: DomainConfig
  readonly savedAt: number
}

export class SavedFileIndex {
  private files: readonly SavedFile[] = []

  /** `inTurn`: the store's, whose writes happen one after the other. */
  constructor(
    private readonly path: string,
    private readonly inTurn: (act: () => Promise<void>) => Promise<void>,
  ) {}

  async load(): Promise<ErrorReport | undefined> {
    const { value, problem } = await readOwnFile(this.path, {
      version: VERSION,
      check: (read) => shaped(savedFilesShape, '')(migrateSavedFiles(read)),
      report: ({ kept, detail }) => errorReport('saved-files-damaged', { kept, detail }),
    })
    if (value) this.files = value.files
    return problem
  }

  record(file: SavedFile): Promise<void> {
    this.files = [file, ...this.files.filter((other) => other.path !== file.path)].slice(0, KEPT_MOST)
    const content = JSON.stringify({ version: VERSION, files: this.files }, undefined, 1)
    return this.inTurn(() => writeFileAtomic(this.path, content))
  }

  find(path: string): SavedFile | undefined {
    return this.files.find((file) => file.path === path)
  }
}
