/**
 * @file Impulse responses of box-shaped rooms, by the image method (Allen & Berkley, "Image method for efficiently
 * simulating small-room acoustics", JASA 65(4), 1979, eq. 10).
 *
 * The walls are mirrors: every reflection is sound of an image of the source. An image at the distance d arrives after
 * d / c with the amplitude β^n / (4πd), n the number of walls between, β the reflection coefficient of all walls. An
 * arrival between two samples is a sinc with a Hann window of 32 samples around it (Peterson, JASA 80(5), 1986). A
 * high-pass filter at 100 Hz takes out the offset that reflections of one sign add up to, as in the paper's appendix.
 * Limits: empty rectangular rooms, walls alike at all frequencies, microphone and source hear and speak alike in all
 * directions. Reflections are those within the length of the response.
 */

/** Metres and seconds. */
export interface Room {
  readonly size: readonly [number, number, number];
  readonly source: readonly [number, number, number];
  readonly microphone: readonly [number, number, number];
  /** Of the walls, 0 … 1: the share of a pressure that they give back. */
  readonly reflection: number;
}

/** Metres a second, at 20 °C. */
export const SPEED_OF_SOUND = 343;

/** Half the width of the window around an arrival, in samples. */
const HALF_WIDTH = 16;

/** Under this frequency nothing is left, in Hz. */
const HIGH_PASS = 100;

/**
 * The reflection coefficient of walls with which the sound of a room falls by 60 dB in the time `t60`, after Eyring
 * (JASA 1, 1930): T60 = 24 ln 10 / c · V / (−S ln(1 − α)), β² = 1 − α.
 */
export function reflectionFor(t60: number, [x, y, z]: Room['size']): number {
  const surface = 2 * (x * y + y * z + z * x);
  const lost = (24 * Math.LN10 * x * y * z) / (SPEED_OF_SOUND * surface * t60); // −ln(1 − α)
  return Math.exp(-lost / 2);
}

/** The response of a room. @param length in samples @returns pressure, of a source whose free field is 1 / (4πd) */
export function roomResponse(room: Room, { sampleRate, length }: { sampleRate: number; length: number }): Float64Array {
  const response = new Float64Array(length);
  const reach = ((length + HALF_WIDTH) / sampleRate) * SPEED_OF_SOUND;
  const [alongX, alongY, alongZ] = room.size.map((size, axis) =>
    imagesAlong({ size, source: room.source[axis], microphone: room.microphone[axis] }, reach),
  );
  const powers = powersOf(room.reflection, 3 * (2 * Math.ceil(reach / Math.min(...room.size)) + 3));
  for (const [dx, wallsX] of alongX) {
    for (const [dy, wallsY] of alongY) {
      const flat = dx * dx + dy * dy;
      if (flat > reach * reach) continue;
      for (const [dz, wallsZ] of alongZ) {
        const distance = Math.sqrt(flat + dz * dz);
        if (distance > reach) continue;
        const amplitude = powers[wallsX + wallsY + wallsZ] / (4 * Math.PI * distance);
        addArrival(response, (distance / SPEED_OF_SOUND) * sampleRate, amplitude);
      }
    }
  }
  highPass(response, sampleRate);
  return response;
}

/**
 * Along one axis: the distance of each image from the microphone, and the walls between. Images lie at 2mL ± x; the
 * source itself has been reflected |2m| times, its mirror image |2m − 1| times.
 */
function imagesAlong(
  { size, source, microphone }: { size: number; source: number; microphone: number },
  reach: number,
): [distance: number, walls: number][] {
  const most = Math.ceil(reach / (2 * size)) + 1;
  const images: [number, number][] = [];
  for (let m = -most; m <= most; m++) {
    images.push([2 * m * size + source - microphone, Math.abs(2 * m)]);
    images.push([2 * m * size - source - microphone, Math.abs(2 * m - 1)]);
  }
  return images.filter(([distance]) => Math.abs(distance) <= reach);
}

const powersOf = (base: number, count: number): Float64Array =>
  Float64Array.from({ length: count + 1 }, (_, power) => base ** power);

/** cos and sin of πk / HALF_WIDTH for each place of the window. */
const TURNS = Array.from({ length: 2 * HALF_WIDTH + 1 }, (_, k) => (Math.PI * (k - HALF_WIDTH)) / HALF_WIDTH);
const COSINES = Float64Array.from(TURNS, Math.cos);
const SINES = Float64Array.from(TURNS, Math.sin);

/** Adds a windowed sinc around a time between samples. */
function addArrival(response: Float64Array, time: number, amplitude: number): void {
  const nearest = Math.round(time);
  const fraction = time - nearest; // −0.5 … 0.5
  if (fraction === 0) {
    if (nearest < response.length) response[nearest] += amplitude;
    return;
  }
  // sin(π(k − f)) = −(−1)^k sin(πf), and the window's cosine by the theorem of addition.
  const sine = (-Math.sin(Math.PI * fraction) * amplitude) / Math.PI;
  const turn = (Math.PI * fraction) / HALF_WIDTH;
  const [cosTurn, sinTurn] = [Math.cos(turn), Math.sin(turn)];
  const from = Math.max(-HALF_WIDTH, -nearest);
  const to = Math.min(HALF_WIDTH, response.length - 1 - nearest);
  for (let k = from; k <= to; k++) {
    const offset = k - fraction;
    if (Math.abs(offset) >= HALF_WIDTH) continue;
    const window = 0.5 + 0.5 * (COSINES[k + HALF_WIDTH] * cosTurn + SINES[k + HALF_WIDTH] * sinTurn);
    response[nearest + k] += ((k % 2 === 0 ? sine : -sine) / offset) * window;
  }
}

/** Two poles and two zeros, in place: y = x + b1·y₁ + b2·y₂, out = y + a1·y₁ + a2·y₂. */
function highPass(samples: Float64Array, sampleRate: number): void {
  const angle = (2 * Math.PI * HIGH_PASS) / sampleRate;
  const radius = Math.exp(-angle);
  const [b1, b2, a1, a2] = [2 * radius * Math.cos(angle), -radius * radius, -(1 + radius), radius];
  let [y1, y2] = [0, 0];
  for (let n = 0; n < samples.length; n++) {
    const y = samples[n] + b1 * y1 + b2 * y2;
    samples[n] = y + a1 * y1 + a2 * y2;
    [y1, y2] = [y, y1];
  }
}
