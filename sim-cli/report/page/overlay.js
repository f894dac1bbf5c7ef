// The overlay at a time. Each event can be played and taken back, so any time is near any other.

const NEVER_UP = 0;
const LEFT = 1;
const CRASHED = 2;
const UNJOINED = 3;
const JOINED = 4;
const STATE_OF = [UNJOINED, JOINED, LEFT, CRASHED];
const STATE_NAMES = ['has not come up yet', 'has left', 'has crashed', 'is up, without a neighbor so far', 'has joined'];

const OPEN = 1;
const IS_CUT = 2;

class Overlay {
  constructor(recording) {
    this.recording = recording;
    this.states = new Uint8Array(recording.slots);
    // By pair: whether it is open or cut.
    this.links = new Map();
    this.next = 0;
    // What was there before each event that has been played.
    this.before = new Uint8Array(recording.events.count);
    this.counted = null;
  }

  // Every event before `time` has happened, and none after.
  seek(time) {
    const { at, count } = this.recording.events;
    const from = this.next;
    while (this.next < count && at[this.next] < time) this.play(this.next++);
    while (this.next > 0 && at[this.next - 1] >= time) this.takeBack(--this.next);
    if (this.next !== from) this.counted = null;
  }

  play(place) {
    const { kind, a, b } = this.recording.events;
    if (kind[place] < LINK) {
      this.before[place] = this.states[a[place]];
      this.states[a[place]] = STATE_OF[kind[place]];
      return;
    }
    const pair = this.pair(a[place], b[place]);
    this.before[place] = this.links.get(pair) || 0;
    const name = KINDS[kind[place]];
    this.put(pair, name === 'unlink' ? 0 : name === 'cut' ? IS_CUT : OPEN);
  }

  takeBack(place) {
    const { kind, a, b } = this.recording.events;
    if (kind[place] < LINK) this.states[a[place]] = this.before[place];
    else this.put(this.pair(a[place], b[place]), this.before[place]);
  }

  put(pair, state) {
    if (state) this.links.set(pair, state);
    else this.links.delete(pair);
  }

  pair(a, b) {
    return a * this.recording.slots + b;
  }

  ends(pair) {
    const a = Math.floor(pair / this.recording.slots);
    return [a, pair - a * this.recording.slots];
  }

  // Counts of the graph, and for each slot the least slot of its component.
  count() {
    if (this.counted) return this.counted;
    const root = Uint32Array.from(this.states, (_, slot) => slot);
    const find = (slot) => {
      while (root[slot] !== slot) slot = root[slot] = root[root[slot]];
      return slot;
    };
    let links = 0;
    let joins = 0;
    const degree = new Uint32Array(root.length);
    for (const [pair, state] of this.links) {
      if (state !== OPEN) continue;
      links++;
      const [a, b] = this.ends(pair);
      degree[a]++;
      degree[b]++;
      const [low, high] = [find(a), find(b)];
      if (low === high) continue;
      joins++;
      root[Math.max(low, high)] = Math.min(low, high);
    }
    let nodesUp = 0;
    let joined = 0;
    const size = new Uint32Array(root.length);
    const component = root.map((_, slot) => find(slot));
    this.states.forEach((state, slot) => {
      nodesUp += state >= UNJOINED;
      joined += state === JOINED;
      size[component[slot]] += state === JOINED;
    });
    this.counted = { nodesUp, joined, links, components: joined - joins, degree, component, size };
    return this.counted;
  }

  neighbors(slot) {
    const found = [];
    for (const [pair, state] of this.links) {
      const [a, b] = this.ends(pair);
      if (a === slot) found.push([b, state]);
      if (b === slot) found.push([a, state]);
    }
    return found.sort((one, other) => one[0] - other[0]);
  }
}
