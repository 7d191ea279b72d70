/** @file Converting folders, lists and manifests: what is written, what is kept, what goes on after a stop. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encodeWav } from '../../../src/audio/write-wav.js';
import { readAudio } from '../../../src/audio/read.js';
import { readManifest, type Utterance, writeManifest } from '../../../src/corpus/manifest/manifest.js';
import { UserError } from '../../../src/errors.js';
import { convertFiles, type ConvertFilesOptions } from '../../../src/tasks/conversion/convert-files.js';
import { mp3, oggOpus, oggVorbis } from '../../audio/encoded-samples.js';
import { mono24 } from '../../audio/flac-samples.js';

const door = fileURLToPath(new URL('../../../../bin/acanet.js', import.meta.url));

describe('conversion of many files', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'acanet-conversion-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const put = (name: string, bytes: Buffer | string) => {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return path;
  };
  const at = (name: string) => join(dir, name);
  const convert = async (paths: string[], options: Partial<ConvertFilesOptions> = {}) => {
    const said: string[] = [];
    const summary = await convertFiles({
      ...{ out: at('out'), jobs: 2, log: (line) => said.push(line), progress: () => undefined },
      ...options,
      paths: paths.map(at),
    });
    return { ...summary, said };
  };
  const counts = ({ files, converted, kept, failed }: Awaited<ReturnType<typeof convert>>) => [
    files,
    converted,
    kept,
    failed.length,
  ];
  const refuses = (work: Promise<unknown>, message: RegExp) =>
    assert.rejects(work, (error: unknown) => {
      assert.ok(error instanceof UserError, String(error));
      assert.match(error.message, message);
      return true;
    });
  /** What 16 bits hold of the samples of a file. */
  const inWav = async (path: string, options = {}) => {
    const { samples, sampleRate } = await readAudio(path, options);
    return encodeWav(samples, sampleRate, path).wav;
  };
  const corpus = () => {
    put('in/a/one.mp3', mp3);
    put('in/a/two.flac', mono24.bytes);
    put('in/b/c/three.ogg', oggVorbis);
    put('in/notes.txt', 'no audio');
  };

  it('mirrors a folder, and converts again only what has changed or is missing', async () => {
    corpus();
    assert.deepEqual(counts(await convert(['in'])), [3, 3, 0, 0]);
    for (const name of ['a/one.mp3', 'a/two.flac', 'b/c/three.ogg']) {
      const output = at(`out/${name.replace(/\.\w+$/, '.wav')}`);
      assert.deepEqual(readFileSync(output), await inWav(at(`in/${name}`)));
    }
    assert.deepEqual(counts(await convert(['in'])), [3, 0, 3, 0]);
    rmSync(at('out/a/one.wav'));
    put('in/a/two.flac', mp3);
    utimesSync(at('in/a/two.flac'), new Date(), new Date(Date.now() + 60_000));
    assert.deepEqual(counts(await convert(['in'])), [3, 2, 1, 0]);
    assert.deepEqual(readFileSync(at('out/a/two.wav')), readFileSync(at('out/a/one.wav')));
    // Half a file is none of ours, whatever its date.
    const { atime, mtime } = statSync(at('out/a/one.wav'));
    writeFileSync(at('out/a/one.wav'), readFileSync(at('out/a/one.wav')).subarray(0, 99));
    utimesSync(at('out/a/one.wav'), atime, mtime);
    assert.deepEqual(counts(await convert(['in'])), [3, 1, 2, 0]);
  });

  it('names each file that fails, goes on, and takes it up again', async () => {
    corpus();
    put('in/b/bad.wav', 'RIFF no more');
    put('in/two-channels.opus', oggOpus);
    const first = await convert(['in']);
    assert.deepEqual(counts(first), [5, 3, 0, 2]);
    assert.deepEqual(first.failed.map(({ file }) => file).sort(), [at('in/b/bad.wav'), at('in/two-channels.opus')]);
    assert.equal(first.said.filter((line) => line.startsWith('✖ ') && line.includes(dir)).length, 2);
    assert.match(first.said.join('\n'), /bad\.wav: .*\n|two-channels\.opus: has 2 channels/);
    put('in/b/bad.wav', encodeWav(new Float32Array(100), 16000, 'x').wav);
    assert.deepEqual(counts(await convert(['in'])), [5, 1, 3, 1]);
  });

  it('takes lists of paths, wav.scp and single files, and names what it writes by them', async () => {
    corpus();
    put('some.lst', `${at('in/a/one.mp3')}\n\nin/b/c/three.ogg\n`);
    assert.deepEqual(counts(await convert(['some.lst'])), [2, 2, 0, 0]);
    assert.ok(existsSync(at('out/a/one.wav')) && existsSync(at('out/b/c/three.wav')));
    put('wav.scp', `spk/u1 ${at('in/a/one.mp3')}\nu2 in/a/two.flac\n`);
    await convert(['wav.scp', 'in/b/c/three.ogg'], { out: at('named') });
    assert.deepEqual(
      readdirSync(at('named'), { recursive: true }).sort(),
      ['conversion.json', 'spk', join('spk', 'u1.wav'), 'three.wav', 'u2.wav'].sort(),
    );
  });

  it('converts again what a list means anew, though both files are of one time', async () => {
    corpus();
    const [one, other] = [at('in/a/two.flac'), put('in/other.flac', mono24.bytes)];
    const time = new Date(2026, 1, 1);
    for (const file of [one, other]) utimesSync(file, time, time);
    put('u.scp', `u ${one}\nv ${one}\n`);
    assert.deepEqual(counts(await convert(['u.scp'])), [2, 2, 0, 0]);
    put('u.scp', `u ${other}\nv ${one}\n`);
    assert.deepEqual(counts(await convert(['u.scp'])), [2, 1, 1, 0]);
    assert.deepEqual(counts(await convert(['u.scp'])), [2, 0, 2, 0]);
  });

  it('writes a manifest for what it makes of one, pieces and channels as files of their own', async () => {
    const rate = 8000;
    const common = { corpus: 'x', split: 'train' as const, sampleRate: 16000, channels: 1 };
    corpus();
    const opus = put('in/two.opus', oggOpus);
    const utterances: Utterance[] = [
      { ...common, id: 's/whole', speaker: 's', path: at('in/a/one.mp3'), duration: 0.25 },
      { ...common, id: 's/piece', speaker: 's', path: at('in/a/one.mp3'), offset: 0.1, duration: 0.05, repeats: 2 },
      { ...common, id: 's/start', speaker: 's', path: at('in/a/one.mp3'), duration: 0.1 },
      { ...common, id: 't/right', speaker: 't', path: opus, duration: 0.25, channels: 2, channel: 1 },
    ];
    writeManifest(at('m.jsonl'), utterances);
    const { manifest, ...rest } = await convert(['m.jsonl'], { sampleRate: rate });
    assert.deepEqual(counts(rest), [4, 4, 0, 0]);
    const written = readManifest(manifest!);
    assert.deepEqual(
      written.map(({ id, duration, sampleRate, channels, offset, channel, repeats }) => ({
        ...{ id, duration, sampleRate, channels, offset, channel, repeats },
      })),
      utterances.map(({ id, duration, repeats }) => ({
        ...{ id, duration, sampleRate: rate, channels: 1, offset: undefined, channel: undefined, repeats },
      })),
    );
    for (const [index, { path, offset, duration, channel }] of utterances.entries()) {
      const piece = { sampleRate: rate, channel, offset, duration };
      assert.deepEqual(readFileSync(written[index].path), await inWav(path, piece), path);
    }
    assert.deepEqual(counts(await convert(['m.jsonl'], { sampleRate: rate })), [4, 0, 4, 0]);
    await refuses(convert(['m.jsonl'], { channel: 1, out: at('c') }), /--channel: the manifest names the channel of 1 utterance itself: t\/right/); // prettier-ignore
    // The same length at another place.
    utterances[1].offset = 0.15;
    writeManifest(at('m.jsonl'), utterances);
    assert.deepEqual(counts(await convert(['m.jsonl'], { sampleRate: rate })), [4, 1, 3, 0]);
    const moved = { sampleRate: rate, offset: 0.15, duration: 0.05 };
    assert.deepEqual(readFileSync(written[1].path), await inWav(utterances[1].path, moved));
  });

  it('writes no manifest where an utterance fails', async () => {
    corpus();
    const common = {
      corpus: 'x',
      split: 'train' as const,
      sampleRate: 16000,
      channels: 1,
      speaker: 's',
      duration: 0.25,
    };
    writeManifest(at('m.jsonl'), [
      { ...common, id: 'a', path: at('in/a/one.mp3') },
      { ...common, id: 'b', path: at('in/gone.wav') },
    ]);
    const summary = await convert(['m.jsonl']);
    assert.deepEqual(counts(summary), [2, 1, 0, 1]);
    assert.equal(summary.manifest, undefined);
    assert.match(summary.failed[0].error, /gone\.wav: there is no such file/);
    assert.ok(!existsSync(at('out/manifest.jsonl')));
  });

  it('refuses what would mix or lose files, and leaves everything as it was', async () => {
    corpus();
    await refuses(convert(['in'], { out: at('in/wav') }), /in\/wav: lies in .*in, which is read/);
    await refuses(convert(['in'], { out: at('in') }), /which is read/);
    await refuses(convert(['gone']), /gone: there is no such file or folder/);
    put('in/a/one.wav', encodeWav(new Float32Array(9), 16000, 'x').wav);
    await refuses(convert(['in']), /1 file would be made of two:\n {2}a\/one\.wav: .*one\.mp3 and .*one\.wav/);
    rmSync(at('in/a/one.wav'));
    put('bad.scp', 'u1\nu2 sox x |\n../u3 x.wav\n');
    await refuses(
      convert(['bad.scp']),
      /3 lines cannot be used:\n.*line 1: expected `id path`.*\n.*command\n.*relative/,
    );
    put('empty.lst', '\n');
    await refuses(convert(['empty.lst']), /there is no audio to convert/);
    put('m.jsonl', '');
    await refuses(convert(['m.jsonl', 'in']), /a manifest is converted by itself/);
    put('other/file.txt', 'x');
    await refuses(convert(['in'], { out: at('other') }), /other: is not empty, and not made by this command/);
    assert.deepEqual(readdirSync(at('other')), ['file.txt']);
    assert.ok(!existsSync(at('out')));
    await convert(['in'], { sampleRate: 8000 });
    await refuses(convert(['in']), /out: was made with --rate 8000, not no --rate; use the same options/);
    await refuses(convert(['in'], { sampleRate: 8000, channel: 0 }), /not --rate 8000 and --channel 0/);
    writeFileSync(at('out/conversion.json'), '{}');
    await refuses(convert(['in'], { sampleRate: 8000 }), /conversion\.json: expected what an earlier run wrote/);
  });

  it('stops at a signal, and at an output that cannot be written', async () => {
    corpus();
    await assert.rejects(convert(['in'], { signal: AbortSignal.abort(new Error('SIGINT')) }), /SIGINT/);
    rmSync(at('out'), { recursive: true });
    await convert(['in/b']);
    rmSync(at('out/c'), { recursive: true });
    put('out/c', 'a file where a folder is to be');
    await refuses(convert(['in/b']), /three\.wav: cannot be written/);
  });

  it('goes on after a kill with what was finished, and nothing else', async () => {
    const files = 400;
    for (let i = 0; i < files; i++) put(`in/${i}.mp3`, mp3);
    const child = spawn(process.execPath, [door, 'audio', 'convert', at('in'), at('out'), '--jobs', '2']);
    const ended = once(child, 'exit');
    const finished = () =>
      existsSync(at('out')) ? readdirSync(at('out')).filter((name) => /^\d+\.wav$/.test(name)) : [];
    while (finished().length < 20 && child.exitCode === null) await setTimeout(5);
    child.kill('SIGKILL');
    await ended;
    const before = finished().length;
    const { kept, ...rest } = await convert(['in']);
    // Of each thread, one file may have lacked its date.
    assert.ok(kept >= before - 2 && kept <= before, `${kept} kept of ${before}`);
    assert.equal(rest.converted + kept, files);
    assert.equal(finished().length, files);
    const expected = await inWav(at('in/0.mp3'));
    for (const name of finished()) assert.deepEqual(readFileSync(at(`out/${name}`)), expected, name);
    assert.deepEqual(
      readdirSync(at('out')).filter((name) => name.startsWith('.')),
      [],
    );
  });
});
