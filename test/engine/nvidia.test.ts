/** @file NVIDIA's driver and libraries, as far as a machine without them goes. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { hasGpu, loadDriver, loadLibrary } from '../../src/engine/nvidia.js';
import { UserError } from '../../src/errors.js';
import { skip } from '../skip.js';

describe('shared libraries', () => {
  before(function () {
    if (process.platform !== 'linux') skip(this, 'the libraries are those of Linux');
  });

  it('are loaded although they are no addons of Node', function () {
    if (!(process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime)
      skip(this, 'libm.so.6 is part of glibc');
    loadLibrary('libm.so.6');
  });

  it('that are not there, or are none, are named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'acanet-libraries-'));
    try {
      const broken = join(folder, 'libbroken.so');
      writeFileSync(broken, 'half of a library');
      assert.throws(() => loadLibrary(broken), /libbroken\.so/);
      assert.throws(() => loadLibrary(join(folder, 'libabsent.so')), /libabsent\.so.*No such file/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("NVIDIA's driver", () => {
  const { PATH } = process.env;
  let folder: string;
  beforeEach(function () {
    if (process.platform === 'win32') skip(this, 'the tool in its place is a shell script');
    folder = mkdtempSync(join(tmpdir(), 'acanet-driver-'));
  });
  afterEach(() => {
    process.env.PATH = PATH;
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const pretend = (script: string) => {
    const tool = join(folder, 'nvidia-smi');
    writeFileSync(tool, `#!/bin/sh\n${script}\n`);
    chmodSync(tool, 0o755);
    process.env.PATH = `${folder}${delimiter}${PATH}`;
  };

  it('has a GPU where its tool finds one', () => {
    pretend('echo "580.65.06, NVIDIA H100 80GB HBM3, 81559 MiB"');
    assert.equal(hasGpu(), true);
    pretend('echo "NVIDIA-SMI has failed"; exit 9');
    assert.equal(hasGpu(), false);
  });

  it('is told of where it is missing, by the name of its library; else version, devices and memory', () => {
    pretend('echo "580.65.06, NVIDIA H100 80GB HBM3, 81559 MiB"; echo "580.65.06, NVIDIA L4, 23034 MiB"');
    let said: string;
    try {
      said = loadDriver();
    } catch (error) {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /^NVIDIA's driver is missing: libcuda\.so\.1.*\ninstall the driver/);
      return;
    }
    assert.equal(said, 'NVIDIA driver 580.65.06: NVIDIA H100 80GB HBM3, 81559 MiB; NVIDIA L4, 23034 MiB');
  });
});
