// Draws the overlay, and the ribbon of the run above the slider.

const TURN = 2 * Math.PI;
const EDGE = 18;
// Of what has just happened so many are shown: more are not told apart.
const MOST_RECENT = 4000;

const THEMES = {
  light: {
    page: '#ffffff', ink: '#1a1f26', muted: '#566170', link: '#9aa7b5', cut: '#b8470a', idle: '#dfe4ea', fault: '#f6e3b4',
    made: '#007a5a', broken: '#b3261e', main: '#0060a8', newcomer: '#a34d8f', alone: '#566170', ramp: ['#c2410c', '#8a3f7c', '#0060a8'],
    palette: ['#0060a8', '#c25a00', '#00785a', '#a34d8f', '#806a00', '#2f7fa8', '#7a4a2b', '#4b4fa8'],
  },
  dark: {
    page: '#12161c', ink: '#e8ecf1', muted: '#a3aebb', link: '#44505e', cut: '#ff9a5c', idle: '#2e3742', fault: '#4a3c16',
    made: '#4fd0a5', broken: '#ff8f85', main: '#6cb8f0', newcomer: '#dd93cc', alone: '#a3aebb', ramp: ['#ff9a5c', '#dd93cc', '#6cb8f0'],
    palette: ['#6cb8f0', '#ff9a5c', '#4fd0a5', '#dd93cc', '#e6d35c', '#9fdcf5', '#d8a883', '#a9acf5'],
  },
};

function blend(ramp, share) {
  const place = Math.min(Math.max(share, 0), 1) * (ramp.length - 1);
  const first = Math.min(Math.floor(place), ramp.length - 2);
  const part = (color, at) => parseInt(color.slice(at, at + 2), 16);
  const mix = (at) => Math.round(part(ramp[first], at) + (part(ramp[first + 1], at) - part(ramp[first], at)) * (place - first));
  return `rgb(${mix(1)} ${mix(3)} ${mix(5)})`;
}

function ringLayout(slots) {
  const angle = (slot) => (TURN * slot) / slots - TURN / 4;
  const places = Array.from({ length: slots }, (_, slot) => slot);
  return {
    name: 'ring by number',
    x: Uint16Array.from(places, (slot) => 4095 * (0.5 + 0.3 * Math.cos(angle(slot)))),
    y: Uint16Array.from(places, (slot) => 4095 * (0.5 + 0.48 * Math.sin(angle(slot)))),
  };
}

// Gives a canvas the pixels of its place on the screen, and its size in the page's units.
function fitted(canvas) {
  const scale = window.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

class Drawing {
  constructor(canvas, recording, overlay) {
    Object.assign(this, { canvas, recording, overlay });
    this.layouts = [...recording.layouts, ringLayout(recording.slots)];
    this.x = new Float32Array(recording.slots);
    this.y = new Float32Array(recording.slots);
  }

  // `view`: time and window in microseconds, color, layout, selected slot and message, theme.
  draw(view) {
    const { context, width, height } = fitted(this.canvas);
    this.theme = THEMES[view.theme];
    this.context = context;
    this.place(this.layouts[view.layout], width, height);
    this.radius = Math.min(Math.max(0.32 * Math.sqrt((width * height) / this.recording.slots) * 0.5, 1.2), 8);
    this.count = this.overlay.count();
    const wave = view.message === null ? null : this.recording.waveOf.get(view.message);
    this.links(wave !== null && view.color === 'wave');
    this.recent(view);
    if (wave) this.spread(wave, view);
    this.nodes(this.colors(view, wave), wave, view);
    if (view.selected !== null) this.selected(view.selected);
  }

  place(layout, width, height) {
    const scale = Math.min((width - 2 * EDGE) / 16, (height - 2 * EDGE) / 10);
    const [left, top] = [(width - 16 * scale) / 2, (height - 10 * scale) / 2];
    for (let slot = 0; slot < this.x.length; slot++) {
      this.x[slot] = left + (layout.x[slot] / 4095) * 16 * scale;
      this.y[slot] = top + (layout.y[slot] / 4095) * 10 * scale;
    }
  }

  line(a, b) {
    this.context.moveTo(this.x[a], this.y[a]);
    this.context.lineTo(this.x[b], this.y[b]);
  }

  stroke(color, width, dash, draw) {
    const { context } = this;
    context.strokeStyle = color;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.beginPath();
    draw();
    context.stroke();
    context.setLineDash([]);
  }

  links(isFaint) {
    const { overlay, context, theme } = this;
    const some = (wanted) => () => {
      for (const [pair, state] of overlay.links) if (state === wanted) this.line(...overlay.ends(pair));
    };
    context.globalAlpha = isFaint ? 0.25 : overlay.links.size > 8000 ? 0.35 : 0.7;
    this.stroke(theme.link, overlay.links.size > 8000 ? 0.5 : 1, [], some(OPEN));
    context.globalAlpha = isFaint ? 0.3 : 0.8;
    this.stroke(theme.cut, 1, [3, 4], some(IS_CUT));
    context.globalAlpha = 1;
  }

  // What has happened lately, so that a change is seen while the run plays.
  recent({ time, window }) {
    const { at, kind, a, b } = this.recording.events;
    const found = { link: [], unlink: [], up: [], join: [], leave: [], crash: [], cut: [], mend: [] };
    const last = this.overlay.next - 1;
    for (let place = last; place >= 0 && at[place] >= time - window && last - place < MOST_RECENT; place--) {
      found[KINDS[kind[place]]].push(place);
    }
    const lines = (places) => () => places.forEach((place) => this.line(a[place], b[place]));
    this.stroke(this.theme.broken, 1.5, [5, 4], lines(found.unlink));
    this.stroke(this.theme.made, 1.5, [], lines(found.link));
    const radius = this.radius + 4;
    const rings = (places) => () => places.forEach((place) => {
      this.context.moveTo(this.x[a[place]] + radius, this.y[a[place]]);
      this.context.arc(this.x[a[place]], this.y[a[place]], radius, 0, TURN);
    });
    this.stroke(this.theme.made, 2, [], rings(found.join));
    this.stroke(this.theme.broken, 2, [], rings([...found.leave, ...found.crash]));
  }

  // The links over which a message came first.
  spread(wave, { time }) {
    const reached = reachedBy(wave, time);
    this.context.globalAlpha = 0.75;
    this.stroke(this.theme.main, 1.25, [], () => {
      for (let place = 0; place < reached; place++) this.line(wave.from[place], wave.slot[place]);
    });
    this.context.globalAlpha = 1;
  }

  // For each slot its color; none for what is not up.
  colors({ color, time }, wave) {
    const { theme, count, overlay, recording } = this;
    if (color === 'wave' && wave) {
      const colors = new Array(recording.slots).fill(theme.idle);
      const longest = wave.count ? wave.after[wave.count - 1] || 1 : 1;
      for (let place = reachedBy(wave, time) - 1; place >= 0; place--) {
        colors[wave.slot[place]] = blend(theme.ramp, wave.after[place] / longest);
      }
      if (time > wave.at) colors[wave.origin] = theme.ink;
      return (slot) => colors[slot];
    }
    if (color === 'degree') {
      const most = count.degree.reduce((one, other) => Math.max(one, other), 1);
      return (slot) => blend(theme.ramp, count.degree[slot] / most);
    }
    if (color === 'side') return (slot) => theme.palette[recording.sides[slot] % theme.palette.length];
    if (color === 'component') {
      const roots = [...new Set(count.component.filter((root) => count.size[root] > 1))];
      roots.sort((one, other) => count.size[other] - count.size[one] || one - other);
      const rank = new Map(roots.map((root, place) => [root, theme.palette[place % theme.palette.length]]));
      return (slot) => rank.get(count.component[slot]) || theme.alone;
    }
    return (slot) => (overlay.states[slot] === JOINED ? theme.main : theme.newcomer);
  }

  nodes(colorOf, wave, view) {
    const { context, overlay, theme, x, y } = this;
    const byColor = new Map();
    const away = { [LEFT]: [], [CRASHED]: [] };
    overlay.states.forEach((state, slot) => {
      if (state >= UNJOINED) {
        const color = colorOf(slot);
        if (!byColor.has(color)) byColor.set(color, []);
        byColor.get(color).push(slot);
      } else if (state !== NEVER_UP) away[state].push(slot);
    });
    const small = Math.max(this.radius * 0.5, 1);
    context.globalAlpha = 0.7;
    this.stroke(theme.muted, 0.75, [], () => away[LEFT].forEach((slot) => {
      context.moveTo(x[slot] + small, y[slot]);
      context.arc(x[slot], y[slot], small, 0, TURN);
    }));
    this.stroke(theme.broken, 1, [], () => away[CRASHED].forEach((slot) => {
      context.moveTo(x[slot] - small, y[slot] - small);
      context.lineTo(x[slot] + small, y[slot] + small);
      context.moveTo(x[slot] - small, y[slot] + small);
      context.lineTo(x[slot] + small, y[slot] - small);
    }));
    context.globalAlpha = 1;
    for (const [color, slots] of byColor) this.discs(color, slots, this.radius);
    if (wave && view.time > wave.at) this.discs(theme.ink, [wave.origin], this.radius * 1.6);
  }

  discs(color, slots, radius) {
    const { context, theme, x, y } = this;
    context.fillStyle = color;
    context.beginPath();
    for (const slot of slots) {
      context.moveTo(x[slot] + radius, y[slot]);
      context.arc(x[slot], y[slot], radius, 0, TURN);
    }
    context.fill();
    if (radius < 2.5) return;
    // An edge keeps neighbors apart, and pale ones from the page.
    context.strokeStyle = color === theme.idle ? theme.muted : theme.page;
    context.lineWidth = 1;
    context.stroke();
  }

  selected(slot) {
    const peers = this.overlay.neighbors(slot);
    this.stroke(this.theme.ink, 2, [], () => peers.forEach(([peer, state]) => state === OPEN && this.line(slot, peer)));
    const { context, x, y } = this;
    this.stroke(this.theme.ink, 2.5, [], () => context.arc(x[slot], y[slot], this.radius + 5, 0, TURN));
  }

  // The slot at a point of the canvas, if one is near.
  at(left, top) {
    let best = null;
    let least = 14 ** 2;
    for (let slot = 0; slot < this.x.length; slot++) {
      const distance = (this.x[slot] - left) ** 2 + (this.y[slot] - top) ** 2;
      if (distance < least) [best, least] = [slot, distance];
    }
    return best;
  }
}

// How many arrivals of a message there were before a time.
function reachedBy(wave, time) {
  let [low, high] = [0, wave.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (wave.at + wave.after[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Nodes that are up, faults and messages over the whole run.
class Ribbon {
  constructor(canvas, recording, faults) {
    Object.assign(this, { canvas, recording, faults });
    const { at, kind, count } = recording.events;
    let up = 0;
    this.steps = [];
    this.most = 1;
    for (let place = 0; place < count; place++) {
      if (kind[place] !== 0 && kind[place] !== 2 && kind[place] !== 3) continue;
      up += kind[place] === 0 ? 1 : -1;
      this.steps.push([at[place], up]);
      this.most = Math.max(this.most, up);
    }
  }

  draw({ time, theme: name }) {
    const { context, width, height } = fitted(this.canvas);
    const theme = THEMES[name];
    // The thumb of a slider does not reach its ends.
    const across = (at) => 8 + (at / this.recording.end) * (width - 16);
    const bottom = height - 10;
    context.fillStyle = theme.fault;
    for (const { from, until } of this.faults) {
      context.fillRect(across(from), 0, Math.max(across(until) - across(from), 2), bottom);
    }
    context.strokeStyle = theme.main;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(across(0), bottom);
    let level = bottom;
    for (const [at, up] of this.steps) {
      context.lineTo(across(at), level);
      level = bottom - (up / this.most) * (bottom - 3);
      context.lineTo(across(at), level);
    }
    context.lineTo(across(this.recording.end), level);
    context.stroke();
    context.fillStyle = theme.muted;
    for (const { at } of this.recording.waves) context.fillRect(across(at), bottom + 3, 1, 6);
    context.fillStyle = theme.ink;
    context.fillRect(across(time) - 0.75, 0, 1.5, height);
  }
}
