// What the programs that follow rooms share: callers over plain HTTP, and checks that end the program at
// the first that fails.
import WebSocket from 'ws';
import { layWire } from './wire.mjs';

export { WebSocket };

const base = process.argv[2];
if (!base) {
  console.error('usage: node PROGRAM.mjs BASE_URL');
  process.exit(2);
}
export const api = `${base}/graphql`;
export const wire = () => layWire(base);

// No step of a check takes as long; what takes longer has failed.
const PATIENCE_MS = 15_000;
export const guard = setTimeout(() => fail('the program did not come to its end'), 90_000);

export const MESSAGES = `subscription Messages($room: ID!, $after: String, $last: Int) {
  messageAdded(roomId: $room, after: $after, last: $last) { cursor message { seq text } } }`;
export const VIEWER = 'query Viewer { viewer { username } }';
export const SEND = `mutation Send($room: ID!, $text: String!) {
  sendMessage(input: { roomId: $room, text: $text }) { message { seq } errors { code } } }`;

export function ok(what) {
  console.log(`ok ${what}`);
}

export function fail(why) {
  console.error(`failed: ${why}`);
  process.exit(1);
}

process.on('unhandledRejection', (reason) => fail(reason?.stack ?? JSON.stringify(reason)));

export function equal(what, found, wanted) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) fail(`${what}: ${a} instead of ${b}`);
}

export function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited too long: ${what}`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Things that arrive, to be awaited one by one.
export class Inbox {
  #held = [];
  #waiting = [];

  put = (item) => {
    const next = this.#waiting.shift();
    if (next) next(item);
    else this.#held.push(item);
  };

  next(what) {
    if (this.#held.length > 0) return Promise.resolve(this.#held.shift());
    return within(what, new Promise((resolve) => this.#waiting.push(resolve)));
  }
}

export async function ask(query, variables, token) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch(api, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const answer = await response.json();
  if (answer.errors) fail(`${query}: ${JSON.stringify(answer.errors)}`);
  return answer.data;
}

// Someone with a session of their own, and a room with one message in it.
export class Person {
  static async signUp(name) {
    const input = { username: name, email: `${name}@example.com`, password: 'a long enough phrase' };
    const { signup } = await ask(
      'mutation($i: SignupInput!) { signup(input: $i) { tokens { accessToken refreshToken } errors { code } } }',
      { i: input },
    );
    const person = new Person();
    person.tokens = signup.tokens;
    const made = await person.ask('mutation { createRoom(input: { name: "Den" }) { room { id } errors { code } } }');
    person.room = made.createRoom.room.id;
    await person.say('one');
    return person;
  }

  get token() {
    return this.tokens.accessToken;
  }

  get bearer() {
    return `Bearer ${this.token}`;
  }

  ask(query, variables) {
    return ask(query, variables, this.token);
  }

  async say(text) {
    const { sendMessage } = await this.ask(SEND, { room: this.room, text });
    return sendMessage.message.seq;
  }

  async refresh() {
    const { refreshSession } = await ask(
      `mutation($t: String!) { refreshSession(input: { refreshToken: $t }) {
        tokens { accessToken refreshToken } errors { code } } }`,
      { t: this.tokens.refreshToken },
    );
    this.tokens = refreshSession.tokens;
  }

  logOut() {
    return this.ask('mutation { logout(input: {}) { loggedOut } }');
  }
}

export function added(result) {
  if (result.errors) fail(`errors where a message was awaited: ${JSON.stringify(result.errors)}`);
  const { cursor, message } = result.data.messageAdded;
  return { cursor, seq: message.seq };
}

export function done() {
  clearTimeout(guard);
  process.exit(0);
}
