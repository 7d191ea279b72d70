/**
 * @file A set of impulse responses of rooms that are drawn from a seed, as WAV files for `augmentation.reverberation`.
 *
 * Response i depends on (seed, i) alone, so a larger set begins with a smaller one. Rooms are 3 to 10 m long and wide
 * and 2.5 to 4 m high; source and microphone keep 0.5 m from the walls and from each other. Each file is scaled to a
 * peak of 0.9: augmentation keeps the energy of the speech, so the level says nothing. A file lasts as long as the sound
 * takes to fall by 60 dB, and the sound's way to the microphone. `rooms.csv` says what each is of.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { writeWav } from '../../audio/write-wav.js';
import { UserError } from '../../errors.js';
import { reflectionFor, roomResponse, SPEED_OF_SOUND, type Room } from '../../features/augmentation/image-method.js';
import { keyedRandom, type RandomStream } from '../../random.js';
import { replaceDirectory, writeFileAtomic } from '../../storage/atomic-write.js';

export interface ImpulseResponsesOptions {
  /** A folder that is not there yet, or is empty. */
  readonly dir: string;
  readonly count: number;
  readonly seed: number;
  readonly sampleRate: number;
  /** Range of the time in which the sound of a room falls by 60 dB, in seconds. */
  readonly t60: readonly [number, number];
  progress(what: string, done: number, total: number): void;
  readonly signal?: AbortSignal;
}

/** A room as it was drawn. */
export interface DrawnRoom extends Room {
  readonly t60: number;
}

const DISTANCE = 0.5;
const PEAK = 0.9;
const LIST = 'rooms.csv';

/** @returns the names of the files. @throws UserError for a folder that holds something */
export async function makeImpulseResponses(options: ImpulseResponsesOptions): Promise<string[]> {
  const { dir, count, sampleRate, progress, signal } = options;
  if (existsSync(dir) && readdirSync(dir).length > 0) {
    throw new UserError(`${dir}: expected a folder that is empty or not there\n  name another one, or empty it`);
  }
  const digits = Math.max(4, String(count).length);
  const names = Array.from({ length: count }, (_, i) => `room-${String(i + 1).padStart(digits, '0')}.wav`);
  await replaceDirectory(dir, async (aside) => {
    const rows = ['file,t60,length,width,height,source,microphone,distance'];
    for (const [i, name] of names.entries()) {
      await setImmediate(); // lets signals in
      signal?.throwIfAborted();
      const room = drawRoom(options, i);
      writeWav(join(aside, name), scaled(responseOf(room, sampleRate)), sampleRate);
      rows.push(describe(name, room));
      progress('rooms', i + 1, count);
    }
    writeFileAtomic(join(aside, LIST), `${rows.join('\n')}\n`);
  });
  return names;
}

function describe(name: string, room: DrawnRoom): string {
  const place = (values: readonly number[]) => values.map((value) => value.toFixed(3)).join(' ');
  const sizes = room.size.map((value) => value.toFixed(3));
  const numbers = [room.t60.toFixed(3), ...sizes, place(room.source), place(room.microphone)];
  return [name, ...numbers, distanceBetween(room).toFixed(3)].join(',');
}

/** Room number `index` of a seed. */
export function drawRoom(
  { seed, t60: range }: Pick<ImpulseResponsesOptions, 'seed' | 't60'>,
  index: number,
): DrawnRoom {
  const random = keyedRandom(seed, 'room', index);
  const between = (from: number, to: number) => from + (to - from) * random.uniform();
  const size: Room['size'] = [between(3, 10), between(3, 10), between(2.5, 4)];
  const t60 = between(...range);
  const microphone = placeIn(size, random);
  let source = placeIn(size, random);
  while (distanceBetween({ source, microphone }) < DISTANCE) source = placeIn(size, random);
  return { size, source, microphone, t60, reflection: reflectionFor(t60, size) };
}

const placeIn = (size: Room['size'], random: RandomStream): Room['source'] => {
  const [x, y, z] = size.map((length) => DISTANCE + (length - 2 * DISTANCE) * random.uniform());
  return [x, y, z];
};

const distanceBetween = ({ source, microphone }: Pick<Room, 'source' | 'microphone'>): number =>
  Math.hypot(...source.map((value, axis) => value - microphone[axis]));

function responseOf(room: DrawnRoom, sampleRate: number): Float64Array {
  const length = Math.ceil((room.t60 + distanceBetween(room) / SPEED_OF_SOUND) * sampleRate);
  return roomResponse(room, { sampleRate, length });
}

function scaled(response: Float64Array): Float32Array {
  const largest = response.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Float32Array.from(response, (value) => (value * PEAK) / largest);
}
