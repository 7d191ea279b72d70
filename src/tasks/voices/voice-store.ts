/**
 * @file A store of enrolled voices: a folder with one JSON file a voice, its embeddings in it.
 *
 * Files rather than a database, because a store is small (a kilobyte a recording) and read whole for every question:
 * nothing has to be compiled or installed, `node:sqlite` is not in every Node that acanet runs on, and a voice can be
 * looked at, copied and deleted by itself. Each file carries a checksum and the identity of the model that made it;
 * voices of two models are never compared.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { guardWriting, writeJsonAtomic } from '../../storage/atomic-write.js';
import { sealed, unsealed } from '../../storage/sealed-json.js';

const storedVoice = z.object({
  name: z.string().min(1),
  model: z.object({
    identity: z.string(),
    /** Where its folder was. */
    folder: z.string(),
  }),
  recordings: z
    .array(
      z.object({
        file: z.string(),
        seconds: z.number().positive(),
        embedding: z.array(z.number()).min(1),
      }),
    )
    .min(1),
});
export type StoredVoice = z.infer<typeof storedVoice>;

const ENDING = '.json';
const LONGEST_NAME = 80;
/** Of a name in most file systems, less what it has while it is written. */
const LONGEST_FILE = 220;

/** @throws UserError for a name that cannot be one of a voice */
export function checkVoiceName(name: string): void {
  const wrong =
    name.trim() === ''
      ? 'is empty'
      : name.length > LONGEST_NAME
        ? `has more than ${LONGEST_NAME} characters`
        : fileOf(name).length > LONGEST_FILE
          ? `is too long for a file: in the form of an address it has more than ${LONGEST_FILE} characters`
          : undefined;
  if (wrong !== undefined) throw new UserError(`the name ${JSON.stringify(name)} ${wrong}`);
  if (/\p{Cc}/u.test(name)) throw new UserError(`the name ${JSON.stringify(name)} holds control characters`);
}

/** Files that begin with a dot are no voices. */
const fileOf = (name: string) => `${encodeURIComponent(name).replace(/^\./, '%2E')}${ENDING}`;

const pathOf = (store: string, name: string) => join(store, fileOf(name));

/** The voice of a name; undefined where the store has none. @throws UserError where its file is damaged */
export function findVoice(store: string, name: string): StoredVoice | undefined {
  const path = pathOf(store, name);
  if (!existsSync(path)) return undefined;
  const voice = readVoice(path);
  if (voice.name === name) return voice;
  // Some file systems take Ada.json for ada.json.
  throw new UserError(`${path}: is the voice of ${voice.name}; choose another name than ${name}`);
}

/** Puts a voice into the store, in place of one of its name. Whole or not at all. */
export function saveVoice(store: string, voice: StoredVoice): string {
  const path = pathOf(store, voice.name);
  const folder = resolve(voice.model.folder);
  writeJsonAtomic(path, sealed({ ...voice, model: { ...voice.model, folder } }));
  return path;
}

/** All voices, by name. @throws UserError where there is no store, it is empty, or a file of it is damaged */
export function readStore(store: string): StoredVoice[] {
  const make = 'make one with: acanet enroll NAME FILES… --store DIR --model DIR';
  if (!existsSync(store)) throw new UserError(`${store}: no such store of voices\n  ${make}`);
  const voices = voicesIn(store);
  if (voices.length === 0) throw new UserError(`${store}: no voices are enrolled here\n  ${make}`);
  return voices;
}

/** The same; none where there is no store yet. @param options.except the voice of this name, which may be damaged */
export function voicesIn(store: string, { except }: { except?: string } = {}): StoredVoice[] {
  const but = except === undefined ? undefined : fileOf(except);
  if (!existsSync(store)) return [];
  const files = guardWriting(store, () => readdirSync(store)).filter(
    (file) => file.endsWith(ENDING) && !file.startsWith('.'),
  );
  const voices = files.filter((file) => file !== but).map((file) => readVoice(join(store, file)));
  return voices.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The folder of the model that a store was made with. @throws UserError where it has moved */
export function modelOfStore([{ model }]: readonly StoredVoice[], store: string): string {
  if (existsSync(model.folder)) return model.folder;
  throw new UserError(
    `${store}: its model was in ${model.folder}, which is gone\n  name the folder of now with --model`,
  );
}

/** @throws UserError naming the voices of other models */
export function refuseOtherModels(
  voices: readonly StoredVoice[],
  { identity, dir }: { identity: string; dir: string },
  store: string,
): void {
  const others = voices.filter(({ model }) => model.identity !== identity);
  if (others.length === 0) return;
  const [{ name, model }] = others;
  throw new UserError(
    `${store}: ${others.length} of its ${voices.length} voices were enrolled with another model than ${dir}: ${name} with ${model.folder} (${shown(model.identity)}, not ${shown(identity)})\n` +
      '  embeddings of two models cannot be compared; name the model of the store, or enroll into another store',
  );
}

const shown = (identity: string) => identity.slice(0, 12);

function readVoice(path: string): StoredVoice {
  const remedy = 'enroll this voice again with --replace, or remove the file';
  try {
    const { value, sealed: seal } = unsealed(JSON.parse(readFileSync(path, 'utf8')));
    if (seal === 'broken') throw new Error('something in it has changed since it was written');
    const { success, data, error } = storedVoice.safeParse(value);
    if (!success) throw new Error(`not a voice: ${error.issues[0].message} at ${error.issues[0].path.join('.')}`);
    if (basename(path).toLowerCase() === fileOf(data.name).toLowerCase()) return data;
    throw new UserError(
      `${path}: holds the voice of ${data.name}, which belongs into ${fileOf(data.name)}\n  a copy is to lie in another folder; remove or move it`,
    );
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path}: damaged, ${messageOf(error)}\n  ${remedy}`, { cause: error });
  }
}
