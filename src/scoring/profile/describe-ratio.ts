/** @file A log-likelihood ratio in words that need no knowledge of the field. */

/** `such voices are 22 times as likely from one speaker as from two (log-likelihood ratio 3.10)` */
export function describeRatio(llr: number): string {
  const times = Math.exp(Math.abs(llr));
  const shown =
    times >= 1e6 ? 'more than a million' : times >= 10 ? Math.round(times).toLocaleString('en') : times.toFixed(1);
  const [more, less] = llr >= 0 ? ['one speaker', 'two'] : ['two speakers', 'one'];
  return `such recordings are ${shown} times as likely from ${more} as from ${less} (log-likelihood ratio ${llr.toFixed(2)})`;
}
