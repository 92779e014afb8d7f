// Passes on the engine's result type: what answers a call is what a window gets, and windows import main's public only.
// Runs in: anything.

export { err, ok, type Result } from '../../src-engine/public/result'
