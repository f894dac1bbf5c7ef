// What is known of the selected node and of the chosen message. Text is only ever put in as text.

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'class') element.className = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return element;
}

function drawn(tag, attributes) {
  // The charts of the page are of the same kind.
  const element = document.createElementNS(document.querySelector('svg').namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

const seconds = (micros, digits = 3) => `${Number((micros / 1e6).toFixed(digits))} s`;
const millis = (micros) => `${Number((micros / 1e3).toFixed(1))} ms`;

function facts(pairs) {
  const list = make('dl');
  for (const [term, value] of pairs) list.append(make('dt', {}, term), make('dd', {}, value));
  return list;
}

class Panel {
  constructor(element, player) {
    Object.assign(this, { element, player });
  }

  show() {
    const { message, selected } = this.player;
    const parts = [];
    if (selected !== null) parts.push(this.node(selected));
    if (message !== null) parts.push(this.message(message));
    // What has the focus keeps it when it is made anew.
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.element.replaceChildren(...parts);
    if (focused) this.element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  node(slot) {
    const { overlay, recording, folder, now } = this.player;
    const peers = overlay.neighbors(slot);
    const open = peers.filter(([, state]) => state === OPEN).map(([peer]) => peer);
    const cut = peers.filter(([, state]) => state === IS_CUT).map(([peer]) => peer);
    const buttons = (list) => (list.length ? list.map((peer) => this.peer(peer)) : ['none']);
    const pairs = [
      ['state', STATE_NAMES[overlay.states[slot]]],
      ['links', open.length],
      ['neighbors', make('span', {}, ...buttons(open))],
    ];
    if (cut.length) pairs.push(['cut off from', make('span', {}, ...buttons(cut))]);
    if (recording.sides.length) pairs.push(['side of the partition', recording.sides[slot]]);
    const line = `sim-cli replay ${folder} --node ${slot} --until ${Number((now / 1e6).toFixed(6))}s`;
    return make(
      'div', {},
      make('h3', {}, `Node ${slot}`),
      facts(pairs),
      ...this.command('Its inputs and state at this time: ', line, 'copy'),
      this.received(slot),
    );
  }

  peer(slot) {
    const choose = () => this.player.select(slot);
    return make('button', { type: 'button', class: 'peer', 'data-key': `peer-${slot}`, onclick: choose }, slot);
  }

  // A command to copy.
  command(about, line, key) {
    const copy = make('button', { type: 'button', 'data-key': key, onclick: () => this.copy(line) }, 'Copy');
    return [make('p', { class: 'muted' }, about, copy), make('pre', {}, make('code', {}, line))];
  }

  copy(text) {
    const done = () => this.player.say('Copied.');
    const failed = () => this.player.say('Copying is not allowed here: select the line instead.');
    if (!navigator.clipboard) failed();
    else navigator.clipboard.writeText(text).then(done, failed);
  }

  // The messages that a node has got so far, the latest first.
  received(slot) {
    const { recording, now } = this.player;
    const rows = [];
    for (const wave of recording.waves) {
      const place = wave.slot.indexOf(slot);
      if (place >= 0 && wave.at + wave.after[place] < now) rows.push([wave.at + wave.after[place], wave, place]);
    }
    if (!rows.length) return make('p', { class: 'muted' }, 'It has got no message so far.');
    rows.sort((one, other) => other[0] - one[0]);
    const cell = (text) => make('td', { class: 'right' }, text);
    const row = ([at, wave, place]) => {
      const parts = [wave.message, seconds(at), millis(wave.after[place]), wave.from[place], wave.hops[place]];
      return make('tr', {}, ...parts.map(cell));
    };
    const names = ['message', 'at', 'after', 'from node', 'hops'];
    const head = make('tr', {}, ...names.map((name) => make('th', { scope: 'col', class: 'right' }, name)));
    const table = make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows.slice(0, 50).map(row)));
    return make('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'messages of the node' }, table);
  }

  message(number) {
    const { recording, now } = this.player;
    const wave = recording.waveOf.get(number);
    const reached = reachedBy(wave, now);
    const last = wave.count ? millis(wave.after[wave.count - 1]) : 'never';
    const hops = wave.hops.reduce((one, other) => Math.max(one, other), 0);
    const pairs = [
      ['published', seconds(wave.at)],
      ['from node', this.peer(wave.origin)],
      ['reached by now', `${reached} of ${wave.count} that it reaches`],
      ['last after', last],
      ['most hops', hops],
    ];
    return make('div', {}, make('h3', {}, `Message ${number}`), facts(pairs), this.curve(wave, now), ...this.why(number));
  }

  // Why the selected node, or others, missed a message.
  why(number) {
    const { recording, folder, selected } = this.player;
    const placeOf = recording.whyOf.get(number);
    const parts = [];
    if (placeOf && selected !== null && placeOf.has(selected)) {
      parts.push(make('p', { class: 'note' }, `Node ${selected} missed it: ${placeOf.get(selected)}.`));
    } else if (placeOf && placeOf.size) {
      const missed = [...placeOf.keys()].sort((one, other) => one - other);
      const more = missed.length > 30 ? ` and ${missed.length - 30} more` : '';
      parts.push(make('p', {}, 'Missed by ', ...missed.slice(0, 30).map((slot) => this.peer(slot)), more));
    }
    const node = selected === null ? '' : ` --node ${selected}`;
    return [...parts, ...this.command('Where its copies ended: ', `sim-cli why ${folder} --message ${number}${node}`, 'copy-why')];
  }

  curve(wave, now) {
    const [width, height] = [320, 90];
    const longest = wave.count ? wave.after[wave.count - 1] || 1 : 1;
    const across = (after) => ((Math.min(Math.max(after, 0), longest) / longest) * width).toFixed(1);
    let path = `M0 ${height}`;
    wave.after.forEach((after, place) => {
      path += `H${across(after)}V${(height - ((place + 1) / wave.count) * (height - 4)).toFixed(1)}`;
    });
    const svg = drawn('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'nodes reached by time' });
    svg.append(
      drawn('path', { class: 'axis', d: `M0 0V${height}H${width}` }),
      drawn('path', { class: 'line a', d: path }),
      drawn('path', { class: 'line b', d: `M${across(now - wave.at)} 0V${height}` }),
    );
    return svg;
  }
}
