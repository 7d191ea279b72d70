/**
 * @file What a file is that was given where another kind is needed, by its first bytes, and the tool that helps: packed
 * files, archives, arrays. For messages only; what acanet reads is told by its own readers.
 */

/** `what` and `remedy` are for people: "got …", and a line of its own. */
export interface FileKind {
  id: 'packed or array' | 'audio archive' | 'text matrices' | 'text vectors' | 'binary archive';
  what: string;
  /** A command, or what to do. */
  remedy: string;
}

const signatures: readonly [prefix: string, what: string, remedy: (path: string) => string][] = [
  ['\x1f\x8b', 'a file packed with gzip', (path) => `unpack it: gunzip -k ${path}`],
  ['BZh', 'a file packed with bzip2', (path) => `unpack it: bunzip2 -k ${path}`],
  ['\xfd7zXZ', 'a file packed with xz', (path) => `unpack it: unxz -k ${path}`],
  ['\x28\xb5\x2f\xfd', 'a file packed with zstd', (path) => `unpack it: unzstd ${path}`],
  ['PK\x03\x04', 'a ZIP file (.zip, .npz, .pt)', (path) => `unpack it: unzip ${path}`],
  ['\x93NUMPY', 'a NumPy array', () => "write it as a Kaldi archive: Python's kaldiio.save_ark"],
  ['\x89HDF', 'an HDF5 file', () => "write it as a Kaldi archive: Python's h5py and kaldiio.save_ark"],
];

/** Bytes that tell the kind. */
export const KIND_BYTES = 512;

/** What a file beginning with `head` is, if that is known. A Kaldi archive is known by its first record. */
export function fileKind(head: Buffer, path: string): FileKind | undefined {
  const text = head.toString('latin1', 0, KIND_BYTES);
  for (const [prefix, what, remedy] of signatures) {
    if (text.startsWith(prefix)) return { id: 'packed or array', what, remedy: remedy(path) };
  }
  if (text.startsWith('ustar', 257)) {
    return { id: 'packed or array', what: 'a tar archive', remedy: `unpack it: tar xf ${path}` };
  }
  const [, record] = /^[^\s\0]+[ \t]([^]*)/.exec(text) ?? [];
  return record === undefined ? undefined : archiveKind(record, path);
}

/** What an archive is whose record begins so, behind its key. `path` is shown as it is. */
export function archiveKind(record: string, path: string): FileKind | undefined {
  if (/^(RIFF[^]{4}WAVE|fLaC|NIST_1A)/.test(record)) {
    const remedy = `take them out with Kaldi: wav-copy ark:${path} scp:FILES.scp (FILES.scp names a WAV file for each key)`;
    return { id: 'audio archive', what: 'an archive of audio files', remedy };
  }
  if (/^\s*\[[ \t]*(\r?\n|$)/.test(record)) {
    const remedy = `write it in binary: copy-feats ark,t:${path} ark:X.ark`;
    return { id: 'text matrices', what: 'an archive of matrices as text', remedy };
  }
  if (/^\s*\[/.test(record)) {
    const remedy = `write it in binary: copy-vector ark,t:${path} ark:X.ark`;
    return { id: 'text vectors', what: 'an archive of vectors as text', remedy };
  }
  if (!/^\0B[A-Z]/.test(record)) return undefined;
  const remedy = 'where features are wanted, its name must end in .ark';
  return { id: 'binary archive', what: 'a binary archive of Kaldi', remedy };
}
