/**
 * @file What a thread and the process share about work inside of ONNX Runtime: a thread that is ended in it aborts the
 * whole process, so nobody ends it before it has come out.
 */
const [OPENED, INSIDE, CLOSING] = [0, 1, 2];

export class InferenceThreads {
  /** @param shared of `InferenceThreads.share()`, in a thread */
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

  /** Keeps every thread from going inside, and waits until those that are there have come out, or a minute. */
  close(): void {
    Atomics.store(this.shared, CLOSING, 1);
    const until = performance.now() + 60_000;
    for (let count; (count = Atomics.load(this.shared, INSIDE)) > 0;) {
      const left = until - performance.now();
      // One that died inside never comes out.
      if (left <= 0 || Atomics.wait(this.shared, INSIDE, count, left) === 'timed-out') return;
    }
  }
}
