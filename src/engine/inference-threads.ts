/**
 * @file What a thread and the process share about work inside of ONNX Runtime: a thread that is ended in it aborts the
 * whole process, so nobody ends it before it has come out.
 */
import { setTimeout as wait } from 'node:timers/promises';

const [OPENED, INSIDE, CLOSING] = [0, 1, 2];

/** How long to wait for a thread: one that died inside never comes out. */
const LONGEST_MS = 10_000;

export class InferenceThreads {
  /** @param shared in a thread: that of the process */
  constructor(readonly shared = new Int32Array(new SharedArrayBuffer(12))) {}

  /** In a thread: works inside of ONNX Runtime. Throws where the threads are to end. */
  async inside<Result>(work: () => Promise<Result>): Promise<Result> {
    Atomics.add(this.shared, INSIDE, 1);
    try {
      if (Atomics.load(this.shared, CLOSING) === 1) throw new Error('the threads are to end');
      return await work();
    } finally {
      Atomics.sub(this.shared, INSIDE, 1);
      Atomics.notify(this.shared, INSIDE);
    }
  }

  /** In a thread: it has the model. */
  opened(): void {
    Atomics.add(this.shared, OPENED, 1);
  }

  /** How many threads have the model. */
  get open(): number {
    return Atomics.load(this.shared, OPENED);
  }

  /** Keeps every thread from going inside, and waits for those that are there. */
  async close(): Promise<void> {
    Atomics.store(this.shared, CLOSING, 1);
    const until = performance.now() + LONGEST_MS;
    while (Atomics.load(this.shared, INSIDE) > 0 && performance.now() < until) await wait(5);
  }

  /** The same, when the process ends and nothing else may happen. */
  closeAtOnce(): void {
    Atomics.store(this.shared, CLOSING, 1);
    const until = performance.now() + LONGEST_MS;
    for (let count; (count = Atomics.load(this.shared, INSIDE)) > 0;) {
      const left = until - performance.now();
      if (left <= 0 || Atomics.wait(this.shared, INSIDE, count, left) === 'timed-out') return;
    }
  }
}
