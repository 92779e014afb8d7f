// What serves a call of the table, and what it may know of who calls. The functions are in files of their own, one for each kind
// of call (`…-calls.ts`). Runs in: main, plain Node.
import { ok, type Result } from '../../src-engine/public/result'
import type { OpaquePort } from '../lib/channel'
import type { CallName, CallParams, CallResult } from '../public/calls'
import type { ErrorReport } from '../public/error-code'
import type { FileKind } from '../public/types'
import type { FileRights } from './devices'

/** The window a call comes from, as far as a call may use it. */
export interface Caller extends FileRights {
  /** Hands a stream's port to it; the number under which it arrives there. */
  handOver(port: OpaquePort): number
  /** The file of its page's storage in which just `mark` stands; undefined where there is none. */
  pageFile(mark: string): Promise<string | undefined>
  /** Whether the user chose this file in a dialog of ours for this purpose. */
  choseFile(path: string, kind: FileKind): boolean
}

/** A function serving one row. `W` is what the carrier knows of the caller beyond the least. */
export type CallServer<C extends CallName, W extends Caller = Caller> = (
  params: CallParams<C>,
  caller: W,
) => Promise<Result<CallResult<C>, ErrorReport>> | Result<CallResult<C>, ErrorReport>
export type CallServers<C extends CallName = CallName, W extends Caller = Caller> = { readonly [K in C]: CallServer<K, W> }

/** Answers with the number of a job that was started. */
export function asJob(started: Result<number, ErrorReport>): Result<{ job: number }, ErrorReport> {
  return started.ok ? ok({ job: started.value }) : started
}
