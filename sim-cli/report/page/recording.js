// The recording: unpacks what the element #recording holds. The form is written by `pack.rs`.

const FORM = 2;
const KINDS = ['up', 'join', 'leave', 'crash', 'link', 'unlink', 'cut', 'mend'];
const LINK = 4;

// Reads numbers of variable length. Times exceed 32 bits, so nothing here shifts.
class Numbers {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  take() {
    let value = 0;
    let factor = 1;
    for (;;) {
      if (this.at >= this.bytes.length) throw new Error('the recording ends early');
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
  }

  column(into) {
    for (let place = 0; place < into.length; place++) into[place] = this.take();
    return into;
  }

  rising(into) {
    let last = 0;
    for (let place = 0; place < into.length; place++) into[place] = last += this.take();
    return into;
  }

  changes(into) {
    let last = 0;
    for (let place = 0; place < into.length; place++) {
      const step = this.take();
      last += step % 2 ? -(step + 1) / 2 : step / 2;
      into[place] = last;
    }
    return into;
  }
}

function readText(numbers) {
  return String.fromCodePoint(...numbers.column(new Array(numbers.take()).fill(0)));
}

function readLayout(numbers) {
  const name = readText(numbers);
  const count = numbers.take();
  return { name, x: numbers.column(new Uint16Array(count)), y: numbers.column(new Uint16Array(count)) };
}

function readEvents(numbers) {
  const count = numbers.take();
  const at = numbers.rising(new Float64Array(count));
  const kind = numbers.column(new Uint8Array(count));
  const a = numbers.changes(new Uint32Array(count));
  const seconds = numbers.changes(new Uint32Array(kind.reduce((sum, one) => sum + (one >= LINK), 0)));
  const b = new Uint32Array(count);
  for (let place = 0, next = 0; place < count; place++) if (kind[place] >= LINK) b[place] = seconds[next++];
  return { count, at, kind, a, b };
}

function readWave(numbers) {
  const message = numbers.take();
  const at = numbers.take();
  const origin = numbers.take();
  const count = numbers.take();
  return {
    message,
    at,
    origin,
    count,
    // Tenths of a millisecond, as microseconds.
    after: numbers.rising(new Float64Array(count)).map((tenths) => tenths * 100),
    slot: numbers.column(new Uint32Array(count)),
    from: numbers.column(new Uint32Array(count)),
    hops: numbers.column(new Uint16Array(count)),
  };
}

// Why a message was missed: for each slot that missed it the place where it stopped, in words.
function readWhy(numbers) {
  const message = numbers.take();
  const placeOf = new Map();
  for (let places = numbers.take(); places > 0; places--) {
    const text = readText(numbers);
    for (const slot of numbers.rising(new Uint32Array(numbers.take()))) placeOf.set(slot, text);
  }
  return [message, placeOf];
}

function readRecording(bytes) {
  const numbers = new Numbers(bytes);
  if (numbers.take() !== FORM) throw new Error('the recording has another form');
  const end = numbers.take();
  const sides = numbers.column(new Uint16Array(numbers.take()));
  const layouts = Array.from({ length: numbers.take() }, () => readLayout(numbers));
  const events = readEvents(numbers);
  const waves = Array.from({ length: numbers.take() }, () => readWave(numbers));
  const waveOf = new Map(waves.map((wave) => [wave.message, wave]));
  const whyOf = new Map(Array.from({ length: numbers.take() }, () => readWhy(numbers)));
  return { end, sides, layouts, events, waves, waveOf, whyOf, slots: layouts.length ? layouts[0].x.length : 0 };
}

async function unpackRecording(text) {
  const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return readRecording(new Uint8Array(await new Response(stream).arrayBuffer()));
}
