/** @file Who speaks in the embeddings of a model folder: `utterance speaker` lines, as in Kaldi's utt2spk. */
import { UserError } from '../../errors.js';
import { readTextLines } from '../../storage/text-lines.js';

/** @throws UserError with file:line */
export function readProfileSpeakers(path: string): { id: string; speaker: string }[] {
  return Array.from(readTextLines(path, { what: 'the speakers' }), ({ text, number }) => {
    const [id, speaker, ...rest] = text.trim().split(/\s+/);
    if (speaker === undefined || rest.length > 0) {
      throw new UserError(`${path}:${number}: expected \`utterance speaker\`, got ${JSON.stringify(text)}`);
    }
    return { id, speaker };
  });
}
