/** @file The hooks of a `describe` whose tests run as on a machine where no engine is installed. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function withoutEngines(): void {
  const before = process.env.ACANET_ENGINES;
  beforeEach(() => {
    process.env.ACANET_ENGINES = join(tmpdir(), 'no-such-folder-of-engines');
  });
  afterEach(() => {
    if (before === undefined) delete process.env.ACANET_ENGINES;
    else process.env.ACANET_ENGINES = before;
  });
}
