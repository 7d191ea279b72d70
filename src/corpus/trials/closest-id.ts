/**
 * @file Which known id an unknown one may mean: ids of lists often differ from a manifest's in their file extension, in
 * leading folders or in punctuation (`wav/id10270/x/00001.wav` for `id10270-x-00001`).
 */
import { firstOf } from '../../problem-list.js';

/**
 * Looks ids up by what is left when extension, case and punctuation are taken away; ids of a manifest of any length.
 */
export function createIdHints(known: Iterable<string>): (id: string) => string | undefined {
  let byFold: Map<string, string> | undefined;
  return (id) => {
    byFold ??= new Map(Array.from(known, (one) => [fold(one), one]));
    // With fewer and fewer of the leading folders.
    for (let rest = id; ; rest = rest.slice(rest.indexOf('/') + 1)) {
      const found = byFold.get(fold(rest));
      if (found !== undefined || !rest.includes('/')) return found;
    }
  };
}

/** `a.wav is "a.m4a"`: the first unknown ids whose names differ from known ones' only a little, or nothing. */
export function likelyIds(unknown: Iterable<string>, known: Iterable<string>): string | undefined {
  const hint = createIdHints(known);
  const found = [...unknown].flatMap((id) => {
    const meant = hint(id);
    return meant === undefined ? [] : [`${id} is "${meant}"`];
  });
  return found.length > 0 ? firstOf(found) : undefined;
}

const fold = (id: string) =>
  id
    .replace(/(\.(wav|flac|mp3|m4a|ogg|opus|sph|wv[12]))+$/i, '')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]/gu, '');
