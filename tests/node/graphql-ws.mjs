// npm `graphql-ws` as it comes: following a room, coming back after a cut, and keeping a socket beyond its token.
// The server's access tokens last a second or two.
//
//   node graphql-ws.mjs BASE_URL
import { createClient } from 'graphql-ws';
import { added, done, equal, Inbox, MESSAGES, ok, Person, SEND, VIEWER, WebSocket, wire, within } from './live.mjs';

const amber = await Person.signUp('amber');
const line = await wire();
const RENEW = `mutation Renew($t: String!) {
  renewConnection(input: { accessToken: $t }) { expiresAt errors { code } } }`;

function client(options) {
  const seen = { closed: new Inbox(), connected: new Inbox(), warned: new Inbox() };
  const made = createClient({
    url: line.ws,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ Authorization: amber.bearer }),
    ...options,
    on: {
      closed: (event) => seen.closed.put(event.code),
      connected: () => seen.connected.put(true),
      ping: (received, payload) => received && payload?.warning === 'TOKEN_EXPIRES' && seen.warned.put(payload),
    },
  });
  return Object.assign(made, { seen });
}

function follow(client, variables) {
  const inbox = new Inbox();
  client.subscribe(
    { query: MESSAGES, variables: { room: amber.room, ...variables } },
    { next: inbox.put, error: (error) => inbox.put({ failed: error }), complete: () => inbox.put({ complete: true }) },
  );
  return inbox;
}

async function once(client, query, variables) {
  const results = client.iterate({ query, variables });
  const { value } = await within('a result', results.next());
  equal('and no more', (await within('the end', results.next())).done, true);
  return value;
}

// Each message once, over a cut.
let one = client({ retryAttempts: 0 });
let inbox = follow(one, { last: 1 });
let last = added(await inbox.next('the last message'));
equal('the first is the last that was sent', last.seq, 1);
last = await (async () => {
  await amber.say('two');
  return added(await inbox.next('a live message'));
})();
equal('a live message comes', last.seq, 2);
ok('connects, subscribes and receives');

line.cut();
const { failed } = await inbox.next('the loss');
if (!failed) throw new Error('the loss was not noticed');
for (const text of ['three', 'four', 'five']) await amber.say(text);
inbox = follow(one, { after: last.cursor });
for (const seq of [3, 4, 5]) equal('missed messages come once and in order', added(await inbox.next('a missed one')).seq, seq);
await amber.say('six');
last = added(await inbox.next('a live one'));
equal('and then live ones', last.seq, 6);
ok('resumes after the last cursor when the socket was cut');
await one.dispose();

// Queries and mutations.
one = client({});
equal('a query', await once(one, VIEWER), { data: { viewer: { username: 'amber' } } });
const sent = await once(one, SEND, { room: amber.room, text: 'seven' });
equal('a mutation', sent.data.sendMessage.message.seq, 7);
const refused = await once(one, SEND, { room: 'x', text: 'y' });
equal('an error in the payload', refused.data.sendMessage.errors.length, 1);
await one.dispose();
ok('runs queries and mutations');

// Renewal keeps a socket; without it 4403, and the client comes back with a fresh token.
one = client({ retryAttempts: 5, retryWait: async () => amber.refresh() });
inbox = follow(one, { after: last.cursor });
equal('the message in between', added(await inbox.next('it')).seq, 7);
await one.seen.connected.next('the connection');
let closed = false;
const closing = one.seen.closed.next('a close').then((code) => ((closed = true), code));
for (let renewals = 0; renewals < 3; renewals += 1) {
  await one.seen.warned.next('a warning');
  await amber.refresh();
  const renewed = await once(one, RENEW, { t: amber.token });
  equal('renewal succeeds', renewed.data.renewConnection.errors, []);
}
equal('the socket is still open', closed, false);
equal('and delivers', await amber.say('eight'), 8);
equal('and delivers', added(await inbox.next('eight')).seq, 8);
ok('a socket is renewed before each of its tokens runs out');

equal('without renewal it is closed', await within('the close', closing), 4403);
await one.seen.connected.next('the connection with a fresh token');
await amber.say('nine');
const again = [];
while (again.at(-1) !== 9) again.push(added(await inbox.next('what was asked for')).seq);
// The client repeats its subscription as it was: all after `after`, in order.
equal('it has all since its cursor', again, [7, 8, 9]);
ok('4403 brings the client back with a fresh token');
await one.dispose();
done();
