/**
 * @file Samples from files and from the microphone, at the model's sample rate and in one channel. The browser decodes
 * and resamples; it is told to leave the voice as it is: no echo cancellation, no noise suppression, no level control,
 * as the model has heard voices without them.
 */

/** @throws Error with a sentence for the user */
export async function decodeFile(file: File, sampleRate: number): Promise<Float32Array<ArrayBuffer>> {
  const context = new OfflineAudioContext(1, 1, sampleRate);
  let audio: AudioBuffer;
  try {
    audio = await context.decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} is not audio that this browser can read. WAV, FLAC, MP3 and Ogg usually work.`);
  }
  const mixed = new Float32Array(audio.length);
  for (let channel = 0; channel < audio.numberOfChannels; channel++) {
    const samples = audio.getChannelData(channel);
    for (let i = 0; i < mixed.length; i++) mixed[i] += samples[i] / audio.numberOfChannels;
  }
  return mixed;
}

export interface Recording {
  /** Ends it. @returns the samples */
  stop(): Promise<Float32Array<ArrayBuffer>>;
}

/** @param onLevel is told the peak of the last moment, 0 … 1, and the seconds so far. @throws Error for the user */
export async function startRecording(
  sampleRate: number,
  onLevel: (peak: number, seconds: number) => void,
): Promise<Recording> {
  const stream = await openMicrophone();
  const context = new AudioContext({ sampleRate });
  await context.audioWorklet.addModule(new URL('recorder.js', document.baseURI));
  const source = context.createMediaStreamSource(stream);
  const recorder = new AudioWorkletNode(context, 'recorder');
  const chunks: Float32Array[] = [];
  let length = 0;
  recorder.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
    chunks.push(data);
    length += data.length;
    onLevel(
      data.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
      length / sampleRate,
    );
  };
  source.connect(recorder);
  return {
    async stop() {
      source.disconnect();
      for (const track of stream.getTracks()) track.stop();
      await context.close();
      const samples = new Float32Array(length);
      let at = 0;
      for (const chunk of chunks) {
        samples.set(chunk, at);
        at += chunk.length;
      }
      // Until it runs, a microphone gives zeros.
      const begin = samples.findIndex((sample) => sample !== 0);
      return begin > 0 ? samples.slice(begin) : samples;
    },
  };
}

async function openMicrophone(): Promise<MediaStream> {
  // Absent where a page may not use the microphone at all; the types do not know that.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) {
    throw new Error('The microphone works on pages of this machine (localhost) and of https only. Choose a file.');
  }
  try {
    return await devices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
  } catch (error) {
    const denied = error instanceof DOMException && error.name === 'NotAllowedError';
    throw new Error(
      denied
        ? 'The browser was not allowed to use the microphone. Allow it for this page, or choose a file.'
        : 'No microphone was found. Connect one, or choose a file.',
      { cause: error },
    );
  }
}
