/** @file Work on many utterances, several at once, whose results come in the order of the utterances. */

/**
 * Begins `work` on each item and yields item and result, in order. At most twice `atOnce` are under way, so that whoever
 * is done finds the next one waiting; with 1, or undefined, each is finished before the next begins.
 */
export async function* sideBySide<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atOnce: number | undefined,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<[Item, Result], void> {
  const most = atOnce === undefined || atOnce === 1 ? 1 : 2 * atOnce;
  const running: [Item, Promise<Result>][] = [];
  const first = async (): Promise<[Item, Result]> => {
    const [item, result] = running.shift()!;
    return [item, await result];
  };
  for await (const item of items) {
    const result = work(item);
    result.catch(() => undefined); // what is not waited for any more, because something else has failed
    running.push([item, result]);
    if (running.length >= most) yield await first();
  }
  while (running.length > 0) yield await first();
}
