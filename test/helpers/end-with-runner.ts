/**
 * Imported by tap before each test: ends a test whose runner was killed, and with the test what it
 * has started. Nobody reads its results any more, and it would run on until it happens to write
 * one. A thread of its own looks, because a test may calculate for minutes in one turn of the event
 * loop, as the hunts of the model do.
 */
import { Worker } from 'node:worker_threads'

const look = `
  const { workerData: runner } = require('node:worker_threads')
  setInterval(() => {
    if (process.ppid !== runner) process.kill(process.pid, 'SIGKILL')
  }, 1_000)`

// The thread has none of what tap and .taprc import into a test.
new Worker(look, { eval: true, workerData: process.ppid, execArgv: [], env: {} }).unref()
