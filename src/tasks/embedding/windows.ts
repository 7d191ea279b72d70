/** @file Where windows of one length lie in a recording, or in turns of it. */

export interface WindowOptions {
  /** Seconds of a window, and from the start of one to that of the next. */
  window: number;
  hop: number;
}

/** A piece of a recording, in seconds. */
export interface Span {
  start: number;
  end: number;
}

/** Ids of windows have milliseconds. */
const MILLISECOND = 1e-3;

/**
 * Windows from the start of a span on. The last one ends with the span: it overlaps the one before it by more than the
 * others do, so that all are of one length and every moment is in one. A span that is shorter than a window is one.
 */
export function windowsOf({ start, end }: Span, { window, hop }: WindowOptions): Span[] {
  const spans: Span[] = [];
  for (let i = 0; ; i++) {
    const from = start + i * hop;
    if (from + window >= end - MILLISECOND) break;
    spans.push({ start: from, end: from + window });
  }
  return [...spans, { start: Math.max(start, end - window), end }];
}
