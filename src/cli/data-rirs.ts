/** @file `acanet data rirs`: impulse responses of made-up rooms, for training with reverberation. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../errors.js';
import { listenForInterruption } from './interruption.js';
import { wholeNumber } from './number-flag.js';
import { createTalk, print, printJson } from './output.js';
import { withExamples } from './recipe-options.js';
import { counted } from '../problem-list.js';

interface RirsFlags {
  count: string;
  seed: string;
  rate: string;
  t60: string;
  json?: boolean;
}

export function addDataRirs(data: Command): void {
  const command = data
    .command('rirs')
    .description('make impulse responses of made-up rooms (image method), for augmentation.reverberation')
    .argument('<out>', 'the folder to write, one WAV file a room and rooms.csv')
    .option('--count <n>', 'rooms', '200')
    .option('--seed <n>', 'draws the rooms: the same seed makes the same ones', '1')
    .option('--rate <hz>', 'sample rate', '16000')
    .option('--t60 <from,to>', 'seconds in which the sound of a room falls by 60 dB, by Eyring’s formula', '0.15,0.7')
    .option('--json', 'print results as JSON');
  withExamples(
    command,
    'acanet data rirs rirs --count 200',
    'acanet data rirs rirs-8k --rate 8000 --seed 2 --t60 0.2,1',
  ).action(async (out: string, flags: RirsFlags) => {
    const options = {
      dir: out,
      count: wholeNumber('--count', flags.count, { to: 100_000 }),
      seed: wholeNumber('--seed', flags.seed, { from: 0 }),
      sampleRate: wholeNumber('--rate', flags.rate, { from: 4000, to: 192_000 }),
      t60: rangeOf(flags.t60),
    };
    const { makeImpulseResponses } = await import('../tasks/corpus/make-impulse-responses.js');
    const talk = createTalk();
    const signal = listenForInterruption({ goesOn: false });
    try {
      const files = await makeImpulseResponses({ ...options, progress: talk.progress, signal });
      talk.log(
        `${counted(files.length, 'room')} at ${options.sampleRate} Hz; augmentation.reverberation.source: ${out}`,
      );
      if (flags.json) printJson({ folder: out, files: files.map((file) => join(out, file)) });
      else print(out);
    } finally {
      talk.stop();
    }
  });
}

/** `0.15,0.7`: shorter rooms are dead, longer ones take minutes each. */
function rangeOf(text: string): [number, number] {
  const [from, to, ...more] = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (more.length === 0 && from >= 0.05 && from <= to && to <= 2) return [from, to];
  throw new UserError(`--t60: expected two numbers from 0.05 to 2, such as 0.15,0.7, got ${JSON.stringify(text)}`);
}
