/** @file Hands what the microphone gives to the page, in blocks of 2048 samples; runs on the browser's audio thread. */

/** The part of the audio thread's globals that is used; TypeScript's libraries do not have them. */
declare const registerProcessor: (name: string, processor: new () => object) => void;
declare const AudioWorkletProcessor: new () => { readonly port: MessagePort };

const BLOCK = 2048;

class Recorder extends AudioWorkletProcessor {
  private block = new Float32Array(BLOCK);
  private filled = 0;

  /** Called for every 128 samples. */
  process([[samples]]: Float32Array[][]): boolean {
    if (!samples) return true;
    this.block.set(samples, this.filled);
    this.filled += samples.length;
    if (this.filled >= BLOCK) {
      this.port.postMessage(this.block, [this.block.buffer]);
      this.block = new Float32Array(BLOCK);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor('recorder', Recorder);
