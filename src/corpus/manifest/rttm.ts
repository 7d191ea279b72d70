/**
 * @file RTTM, the form in which diarisation says who speaks when (NIST, Rich Transcription): fields apart by white space,
 *
 *     SPEAKER recording channel onset duration <NA> <NA> speaker <NA> <NA>
 *
 * with seconds as onset and duration. Lines of other types (`LEXEME`, `SPKR-INFO`, comments with `;;`) are passed over.
 */
import { UserError } from '../../errors.js';
import { readTextLines } from '../../storage/text-lines.js';

export interface Turn {
  recording: string;
  /** Seconds. */
  start: number;
  end: number;
  /** Absent where the file says `<NA>`, as the output of a detector of speech does. */
  speaker?: string;
  line: number;
}

/** The turns, in the order of the file. @throws UserError with file:line; where there are none */
export function readRttm(path: string): Turn[] {
  const turns: Turn[] = [];
  for (const { text, number: line } of readTextLines(path, { what: 'the turns' })) {
    const fields = text.trim().split(/\s+/);
    if (fields[0] !== 'SPEAKER') continue;
    const [, recording, , onset, duration, , , name = '<NA>'] = fields;
    const [start, seconds] = [Number(onset), Number(duration)];
    if (fields.length < 5 || !(start >= 0 && Number.isFinite(start)) || !(seconds > 0 && Number.isFinite(seconds))) {
      throw new UserError(
        `${path}:${line}: expected SPEAKER recording channel onset duration … with an onset from 0 and a duration above 0, got ${JSON.stringify(text.trim())}`,
      );
    }
    turns.push({ recording, start, end: start + seconds, ...(name !== '<NA>' && { speaker: name }), line });
  }
  if (turns.length === 0)
    throw new UserError(`${path}: expected lines of SPEAKER recording channel onset duration, got none`);
  return turns;
}
