/** @file Bytes from a place in an open file. The system may give fewer than asked for; this asks again. */
import { readSync } from 'node:fs';

/** Up to `length` bytes from `position`, in a buffer of their own; fewer only at the end of the file. */
export function readAt(fd: number, position: number, length: number): Buffer<ArrayBuffer> {
  // An ArrayBuffer of its own, so that typed arrays over it are aligned.
  const bytes = Buffer.from(new ArrayBuffer(length));
  let done = 0;
  while (done < length) {
    const got = readSync(fd, bytes, done, length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return bytes.subarray(0, done);
}
