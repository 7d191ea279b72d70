/** @file Several things done at once, of which none goes on when one has failed. */
import { setMaxListeners } from 'node:events';

/**
 * Does all of them. The first that fails stops the others, by the signal that each is given, and they are waited for.
 * Throws what that one threw. Each is stopped by `signal` too.
 */
export async function allOrNone(
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal?: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]);
  setMaxListeners(0, either);
  const running = works.map((work) => work(either));
  try {
    await Promise.all(running);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(running);
    throw error;
  }
}
