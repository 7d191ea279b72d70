/**
 * @file The spectrogram of a recording with the model's attention above it, on a canvas: time from left to right, mel
 * bands from low to high, the louder the darker (on dark pages: the brighter). The line is the attention, averaged over
 * layers and smoothed, as multiples of the even share.
 */
import type { HeardVoice } from './voice-model.js';

const HEIGHT = 150;
const ATTENTION_HEIGHT = 54;
const AXIS_HEIGHT = 18;
/** Frames on each side that attention is averaged over: 50 ms. */
const REACH = 2;

/** The mean of the layers, smoothed; undefined for models that attend to no frames. */
function meanAttention({ attention }: HeardVoice): Float32Array | undefined {
  if (attention.length === 0) return undefined;
  const [{ multiples: first }] = attention;
  const mean = Float32Array.from(first, (_, t) => {
    return attention.reduce((sum, { multiples }) => sum + multiples[t], 0) / attention.length;
  });
  return mean.map((_, t) => {
    const near = mean.subarray(Math.max(0, t - REACH), t + REACH + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

/** What the picture shows, for those who do not see it. */
export function describePicture(heard: HeardVoice, seconds: number): string {
  const mean = meanAttention(heard);
  const about = `Spectrogram of ${seconds.toFixed(1)} seconds.`;
  if (!mean) return `${about} This model gives all moments the same weight.`;
  const most = mean.indexOf(mean.reduce((highest, value) => Math.max(highest, value), 0));
  return `${about} The model looks most at ${heard.times[most].toFixed(1)} s (${mean[most].toFixed(1)} times the even share).`;
}

export function drawSpectrogram(canvas: HTMLCanvasElement, heard: HeardVoice): void {
  const { spectrum, times } = heard;
  const { frames, bins, data } = spectrum;
  const attention = meanAttention(heard);
  const top = attention ? ATTENTION_HEIGHT : 0;
  const width = canvas.clientWidth || 600;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round((top + HEIGHT + AXIS_HEIGHT) * scale);
  canvas.style.height = `${top + HEIGHT + AXIS_HEIGHT}px`;
  const context = canvas.getContext('2d')!;
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const color = (name: string) => style.getPropertyValue(name).trim();

  const picture = bandsPicture(data, { frames, bins, ink: rgbOf(color('--ink')), paper: rgbOf(color('--surface')) });
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, top, width, HEIGHT);
  if (attention) drawAttention(context, attention, { width, color: color('--accent'), faint: color('--faint') });

  context.fillStyle = color('--faint');
  context.font = '12px system-ui, sans-serif';
  context.textAlign = 'center';
  const last = times[frames - 1];
  const step = [0.2, 0.5, 1, 2, 5, 10, 30, 60].find((each) => (last / each) * 44 < width) ?? 120;
  for (let mark = step; mark < last; mark += step) {
    const x = (mark / last) * width;
    context.fillRect(x, top + HEIGHT, 1, 4);
    if (x < width - 24) context.fillText(`${Number(mark.toFixed(1))} s`, x, top + HEIGHT + 15);
  }
}

function drawAttention(
  context: CanvasRenderingContext2D,
  attention: Float32Array,
  { width, color, faint }: { width: number; color: string; faint: string },
): void {
  const most = Math.max(1.5, ...attention);
  const y = (value: number) => ATTENTION_HEIGHT - 4 - ((ATTENTION_HEIGHT - 12) * value) / most;
  context.strokeStyle = faint;
  context.lineWidth = 1;
  context.setLineDash([3, 4]);
  context.beginPath();
  context.moveTo(0, y(1));
  context.lineTo(width, y(1));
  context.stroke();
  context.setLineDash([]);
  context.strokeStyle = color;
  context.lineWidth = 1.75;
  context.beginPath();
  attention.forEach((value, t) => context.lineTo(((t + 0.5) / attention.length) * width, y(value)));
  context.stroke();
}

interface Paint {
  frames: number;
  bins: number;
  ink: readonly number[];
  paper: readonly number[];
}

/** One pixel a value, from paper (the quietest tenth) to ink (the loudest). */
function bandsPicture(data: Float32Array, { frames, bins, ink, paper }: Paint): OffscreenCanvas {
  const sorted = Float32Array.from(data).sort();
  const [low, high] = [0.1, 0.998].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
  const picture = new OffscreenCanvas(frames, bins);
  const context = picture.getContext('2d')!;
  const pixels = context.createImageData(frames, bins);
  for (let t = 0; t < frames; t++) {
    for (let band = 0; band < bins; band++) {
      const level = Math.min(1, Math.max(0, (data[t * bins + band] - low) / (high - low || 1))) ** 1.4;
      const at = 4 * ((bins - 1 - band) * frames + t);
      for (let channel = 0; channel < 3; channel++) {
        pixels.data[at + channel] = paper[channel] + level * (ink[channel] - paper[channel]);
      }
      pixels.data[at + 3] = 255;
    }
  }
  context.putImageData(pixels, 0, 0);
  return picture;
}

/** `#rrggbb` → three numbers. */
const rgbOf = (color: string): number[] => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
