/** @file Ogg streams that hold more than they count. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAudio } from '../../src/audio/read.js';
import { encodeWav } from '../../src/audio/write-wav.js';
import { skip } from '../skip.js';

describe('Ogg Opus that was cut out of a longer stream', () => {
  it('is refused, as which of its samples are meant is not known', async function () {
    if (spawnSync('ffmpeg', ['-version']).status !== 0) skip(this, 'no ffmpeg');
    const dir = mkdtempSync(join(tmpdir(), 'acanet-ogg-'));
    try {
      const at = (name: string) => join(dir, name);
      const samples = Float32Array.from({ length: 12 * 16000 }, (_, i) => 0.3 * Math.sin(i * i * 1e-5));
      writeFileSync(at('all.wav'), encodeWav(samples, 16000, 'all.wav').wav);
      const ffmpeg = (...args: string[]) => spawnSync('ffmpeg', ['-v', 'error', ...args], { cwd: dir }).status;
      if (ffmpeg('-i', 'all.wav', '-c:a', 'libopus', 'all.opus') !== 0) skip(this, 'ffmpeg without libopus');
      ffmpeg('-ss', '5.3', '-t', '4', '-i', 'all.opus', '-c', 'copy', 'cut.opus');
      ffmpeg('-t', '4', '-i', 'all.opus', '-c', 'copy', 'head.opus');
      await assert.rejects(readAudio(at('cut.opus')), /cut\.opus: holds \d+ samples more than it counts/);
      assert.ok((await readAudio(at('head.opus'))).samples.length > 0);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
