/** @file A process that cannot be started for want of descriptors is an error in words, not the end of acanet. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

describe('running ffmpeg', () => {
  it('is refused in words where no more files can be opened', () => {
    const module = JSON.stringify(new URL('../../src/audio/run-ffmpeg.js', import.meta.url).href);
    const script = `
      import { openSync } from 'node:fs';
      import { decodeByFfmpeg, decodeTogether } from ${module};
      try {
        for (;;) openSync('/dev/null');
      } catch {}
      console.log(await decodeTogether(['a.m4a', 'b.m4a']));
      await decodeByFfmpeg('a.m4a', 'M4A').catch(({ message }) => console.log(message));`;
    const run = 'ulimit -n 64 && exec "$0" --input-type=module --eval "$1"';
    const { stdout, stderr, status } = spawnSync('sh', ['-c', run, process.execPath, script], {
      encoding: 'utf8',
      timeout: 120_000,
    });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^undefined\na\.m4a: .* ffmpeg cannot be started: too many files are open; .*\(EMFILE\)\n$/);
  });
});
