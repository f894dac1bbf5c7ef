// The player: the clock, the controls, the address, and what scripts may ask for (window.floodnet).

const SPEEDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
// A whole run takes about so long at first, and a message when it is watched; in seconds.
const WHOLE_RUN = 60;
const ONE_MESSAGE = 6;
const SECOND = 1e6;

const element = (id) => document.getElementById(id);
const nearestSpeed = (wanted) =>
  SPEEDS.reduce((best, speed) => (Math.abs(Math.log(speed / wanted)) < Math.abs(Math.log(best / wanted)) ? speed : best));

class Player {
  constructor(recording) {
    this.recording = recording;
    this.folder = element('player').dataset.folder;
    this.overlay = new Overlay(recording);
    this.drawing = new Drawing(element('canvas'), recording, this.overlay);
    this.ribbon = new Ribbon(element('ribbon'), recording, this.faults());
    this.panel = new Panel(element('panel'), this);
    Object.assign(this, { now: 0, selected: null, messageChosen: null, playing: null, shown: 0, said: '' });
    this.dark = window.matchMedia('(prefers-color-scheme: dark)');
    this.fill();
    this.listen();
    this.speed = nearestSpeed(recording.end / SECOND / WHOLE_RUN);
    if (!this.readAddress()) this.goTo(recording.end);
  }

  get message() {
    return this.messageChosen;
  }

  faults() {
    const lines = element('player').dataset.faults.split('\n').filter(Boolean);
    return lines.map((line) => {
      const [name, from, until] = line.split('\t');
      return { name, from: Number(from) * SECOND, until: Math.min(Number(until) * SECOND, this.recording.end) };
    });
  }

  // Puts what there is to choose into the controls.
  fill() {
    const { recording } = this;
    const option = (value, text) => make('option', { value }, text);
    element('speed').append(...SPEEDS.map((speed) => option(speed, `× ${speed}`)));
    const colors = [['component', 'component'], ['state', 'joined or not'], ['degree', 'links'], ['wave', 'message']];
    if (recording.sides.length) colors.push(['side', 'side of the partition']);
    element('color').append(...colors.map(([value, text]) => option(value, text)));
    element('layout').append(...this.drawing.layouts.map(({ name }, place) => option(place, name)));
    element('slider').max = recording.end / SECOND;
    element('message').max = recording.waves.length ? recording.waves[recording.waves.length - 1].message : 0;
    element('node').max = Math.max(recording.slots - 1, 0);
  }

  listen() {
    const on = (id, event, act) => element(id).addEventListener(event, act);
    const chosen = (id, most) => {
      const text = element(id).value;
      const value = Number(text);
      return text !== '' && Number.isInteger(value) && value >= 0 && value < most ? value : null;
    };
    on('play-button', 'click', () => this.toggle());
    on('back', 'click', () => this.step(-1));
    on('step', 'click', () => this.step(1));
    on('slider', 'input', () => this.goTo(Number(element('slider').value) * SECOND));
    on('speed', 'change', () => { this.speed = Number(element('speed').value); });
    on('color', 'change', () => this.draw());
    on('layout', 'change', () => this.draw());
    on('message', 'change', () => this.choose(chosen('message', Infinity)));
    on('node', 'change', () => this.select(chosen('node', this.recording.slots)));
    on('watch', 'click', () => this.watch());
    on('canvas', 'click', (event) => {
      const { left, top } = element('canvas').getBoundingClientRect();
      this.select(this.drawing.at(event.clientX - left, event.clientY - top));
    });
    document.addEventListener('keydown', (event) => this.key(event));
    window.addEventListener('hashchange', () => {
      if (this.readAddress()) element('player').scrollIntoView();
    });
    window.addEventListener('resize', () => this.draw());
    this.dark.addEventListener('change', () => this.draw());
  }

  key(event) {
    const { target } = event;
    const types = target.matches('input[type=number], select');
    const presses = target.matches('button, summary, a') && event.key === ' ';
    const slides = target.id === 'slider' && event.key.startsWith('Arrow');
    if (types || presses || slides || event.ctrlKey || event.metaKey || event.altKey) return;
    const jump = (event.shiftKey ? 10 : 1) * SECOND;
    const acts = {
      ' ': () => this.toggle(),
      ArrowLeft: () => this.goTo(this.now - jump),
      ArrowRight: () => this.goTo(this.now + jump),
      ',': () => this.step(-1),
      '.': () => this.step(1),
      Home: () => this.goTo(0),
      End: () => this.goTo(this.recording.end),
      n: () => this.nextMessage(1),
      p: () => this.nextMessage(-1),
      w: () => this.watch(),
      '+': () => this.faster(1),
      '-': () => this.faster(-1),
      Escape: () => { this.messageChosen = null; this.select(null); },
    };
    const act = acts[event.key];
    // The keys of the page itself keep their meaning where the player is not in view.
    const { top, bottom } = element('player').getBoundingClientRect();
    if (!act || bottom < 0 || top > window.innerHeight) return;
    event.preventDefault();
    act();
  }

  goTo(time) {
    this.now = Math.min(Math.max(Math.round(time), 0), this.recording.end);
    this.overlay.seek(this.now);
    this.draw();
  }

  // To just behind the next event, or to just before the last one.
  step(way) {
    const { at, count } = this.recording.events;
    this.pause();
    if (way > 0 && this.overlay.next < count) this.goTo(at[this.overlay.next] + 1);
    if (way < 0 && this.overlay.next > 0) this.goTo(at[this.overlay.next - 1]);
  }

  get speed() {
    return this.rate;
  }

  set speed(rate) {
    this.rate = rate;
    element('speed').value = rate;
  }

  faster(way) {
    const place = SPEEDS.indexOf(this.speed) + way;
    this.speed = SPEEDS[Math.min(Math.max(place, 0), SPEEDS.length - 1)];
  }

  toggle() {
    if (this.playing === null) this.play();
    else this.pause();
  }

  play() {
    if (this.playing !== null) return;
    if (this.now >= this.recording.end) this.goTo(0);
    element('play-button').textContent = 'Pause';
    let before = null;
    const frame = (clock) => {
      if (before !== null) this.goTo(this.now + (clock - before) * 1e-3 * this.speed * SECOND);
      before = clock;
      if (this.now >= this.recording.end) this.pause();
      else this.playing = requestAnimationFrame(frame);
    };
    this.playing = requestAnimationFrame(frame);
  }

  pause() {
    if (this.playing === null) return;
    cancelAnimationFrame(this.playing);
    this.playing = null;
    element('play-button').textContent = 'Play';
    this.draw();
  }

  select(slot) {
    this.selected = Number.isInteger(slot) && slot >= 0 && slot < this.recording.slots ? slot : null;
    this.draw();
  }

  // Chooses a message and goes to where it has been published.
  choose(number) {
    const wave = this.recording.waveOf.get(number);
    this.messageChosen = wave ? number : null;
    if (!wave) return number === null ? this.draw() : this.say(`Message ${number} is not in the player.`);
    element('color').value = 'wave';
    return this.goTo(wave.at);
  }

  nextMessage(way) {
    const { waves } = this.recording;
    const now = waves.findIndex((wave) => wave.message === this.message);
    const next = now < 0 && way < 0 ? waves.length - 1 : (now + way + waves.length) % waves.length;
    if (waves.length) this.choose(waves[next].message);
  }

  // Plays a message from its publication on, slowly enough to be seen.
  watch() {
    if (this.message === null) this.nextMessage(1);
    if (this.message === null) return;
    const wave = this.recording.waveOf.get(this.message);
    const longest = wave.count ? wave.after[wave.count - 1] : SECOND;
    this.pause();
    this.choose(this.message);
    this.speed = nearestSpeed(Math.max(longest / SECOND / ONE_MESSAGE, SPEEDS[0]));
    this.play();
  }

  say(text) {
    this.said = text;
    this.draw();
  }

  draw() {
    const view = {
      time: this.now,
      window: Math.max(0.4 * this.speed, 0.001) * SECOND,
      color: element('color').value,
      layout: Number(element('layout').value),
      selected: this.selected,
      message: this.message,
      theme: this.dark.matches ? 'dark' : 'light',
    };
    this.drawing.draw(view);
    this.ribbon.draw(view);
    element('slider').value = this.now / SECOND;
    element('slider').setAttribute('aria-valuetext', seconds(this.now));
    element('clock').textContent = `${(this.now / SECOND).toFixed(this.speed < 0.5 ? 3 : 1)} s`;
    // Text changes a few times in a second: faster nobody reads, and it costs more than the picture.
    const clock = performance.now();
    if (this.playing !== null && clock - this.shown < 250) return;
    this.shown = clock;
    this.legend(view);
    this.words();
    this.panel.show();
    if (this.playing === null) this.writeAddress();
  }

  words() {
    const { nodesUp, joined, links, components } = this.overlay.count();
    const pieces = components === 1 ? 'in one piece' : `in ${components} components`;
    const active = this.ribbon.faults.filter(({ from, until }) => from <= this.now && this.now < until);
    const faults = active.map(({ name }) => ` · ${name} goes on`).join('');
    const text = `${nodesUp} nodes up, ${joined} joined, ${pieces} · ${links} links${faults}`;
    element('status').textContent = this.said ? `${text} · ${this.said}` : text;
    element('canvas').setAttribute('aria-label', `The overlay at ${seconds(this.now)}: ${text}`);
    this.said = '';
    const put = (id, value) => {
      if (document.activeElement !== element(id)) element(id).value = value === null ? '' : value;
    };
    put('message', this.message);
    put('node', this.selected);
  }

  legend({ color, theme: name }) {
    const theme = THEMES[name];
    const mark = (shape, attributes) => {
      const svg = drawn('svg', { viewBox: '0 0 16 12', 'aria-hidden': 'true' });
      svg.append(drawn(shape, attributes));
      return svg;
    };
    const disc = (fill) => mark('circle', { cx: 8, cy: 6, r: 5, fill, stroke: theme.muted, 'stroke-width': 0.5 });
    const line = (stroke, dash) => mark('path', { d: 'M0 6H16', stroke, 'stroke-width': 2, 'stroke-dasharray': dash || 'none' });
    const ring = mark('circle', { cx: 8, cy: 6, r: 3, fill: 'none', stroke: theme.muted });
    const cross = mark('path', { d: 'M5 3L11 9M5 9L11 3', stroke: theme.broken, 'stroke-width': 1.5 });
    const ofColor = {
      component: [[disc(theme.palette[0]), 'largest component'], [disc(theme.palette[1]), 'others'], [disc(theme.alone), 'alone']],
      state: [[disc(theme.main), 'joined'], [disc(theme.newcomer), 'not yet']],
      degree: [[disc(theme.ramp[0]), 'few links'], [disc(theme.ramp[2]), 'many']],
      wave: [[disc(theme.ink), 'origin'], [disc(theme.ramp[0]), 'early'], [disc(theme.ramp[2]), 'late'], [disc(theme.idle), 'without it']],
      side: [[disc(theme.palette[0]), 'side 0'], [disc(theme.palette[1]), 'side 1']],
    };
    const entries = [
      ...ofColor[color],
      [line(theme.made), 'new link'], [line(theme.broken, '4 3'), 'lost link'], [line(theme.cut, '3 4'), 'cut by a fault'],
      [ring, 'left'], [cross, 'crashed'],
    ];
    element('legend').replaceChildren(...entries.map(([sign, text]) => make('span', {}, sign, text)));
  }

  // Takes time, node and message from the address. Whether there was one of them.
  readAddress() {
    const words = new URLSearchParams(window.location.hash.slice(1));
    const units = { ms: 1e3, s: SECOND, min: 60 * SECOND, h: 3600 * SECOND };
    const number = (name) => (/^\d+$/.test(words.get(name) || '') ? Number(words.get(name)) : null);
    const time = /^(\d+(?:\.\d+)?)(ms|s|min|h)?$/.exec(words.get('t') || '');
    if (!time && number('node') === null && number('message') === null) return false;
    this.selected = null;
    this.choose(number('message'));
    if (time) this.goTo(Number(time[1]) * units[time[2] || 's']);
    this.select(number('node'));
    return true;
  }

  writeAddress() {
    const words = [`t=${Number((this.now / SECOND).toFixed(6))}s`];
    if (this.selected !== null) words.push(`node=${this.selected}`);
    if (this.message !== null) words.push(`message=${this.message}`);
    const address = `#${words.join('&')}`;
    // While a slider is drawn, browsers allow no more changes of the address than this.
    clearTimeout(this.addressing);
    this.addressing = setTimeout(() => {
      if (window.location.hash !== address) window.history.replaceState(null, '', address);
    }, 250);
  }

  state() {
    const { nodesUp, links, components } = this.overlay.count();
    return { time: this.now / SECOND, nodesUp, links, components, selected: this.selected, message: this.message };
  }
}

function failed(error) {
  element('trouble').textContent = `The player cannot start: ${error.message}. Numbers and charts below are complete.`;
  element('trouble').hidden = false;
  throw error;
}

let player = null;
window.floodnet = {
  ready: unpackRecording(element('recording').textContent).then((recording) => {
    document.querySelector('.stage').hidden = false;
    player = new Player(recording);
  }).catch(failed),
  state: () => player.state(),
  seek: (time) => player.goTo(time * SECOND),
  select: (slot) => player.select(slot),
  message: (number) => player.choose(number),
  play: () => player.play(),
  pause: () => player.pause(),
};
