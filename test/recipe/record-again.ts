/** @file A stage's record made to fit what lies in its folder now, for tests that change results on purpose. */
import { doneRecord, type DoneRecord } from '../../src/recipe/artifacts/control-files.js';
import { recordFiles } from '../../src/storage/written-files.js';

export function recordAgain(folder: string, edit: (done: DoneRecord) => DoneRecord = (done) => done): void {
  doneRecord.write(folder, { ...edit(doneRecord.read(folder)), files: recordFiles(folder) });
}
