const names = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const

/** The signals that stop the service, from the moment it begins to load. */
export interface StopSignals {
  /** Passes on every signal, beginning with the first that came before this call. */
  onSignal(listener: (signal: NodeJS.Signals) => void): void
}

/**
 * Catches the signals before anything else of the service is loaded. A start takes seconds, in
 * which a signal would otherwise be lost if this process is the first of a container, which the
 * kernel protects from signals that it does not handle, and would end any other in the middle of
 * what it does.
 */
export function catchStopSignals(): StopSignals {
  let first: NodeJS.Signals | undefined
  let listener: ((signal: NodeJS.Signals) => void) | undefined
  for (const name of names) {
    process.on(name, (signal) => {
      first ??= signal
      listener?.(signal)
    })
  }
  return {
    onSignal(next) {
      listener = next
      if (first !== undefined) next(first)
    },
  }
}
