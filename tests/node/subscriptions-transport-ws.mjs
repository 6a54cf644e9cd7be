// npm `subscriptions-transport-ws`, the older protocol, as it comes.
//
//   node subscriptions-transport-ws.mjs BASE_URL
import transport from 'subscriptions-transport-ws';
import { added, done, equal, Inbox, MESSAGES, ok, Person, SEND, VIEWER, WebSocket, wire } from './live.mjs';

const amber = await Person.signUp('amber');
const line = await wire();

function open(params) {
  return new transport.SubscriptionClient(line.ws, { reconnect: false, connectionParams: params }, WebSocket);
}

function start(client, query, variables) {
  const inbox = new Inbox();
  const subscription = client.request({ query, variables }).subscribe({
    next: inbox.put,
    error: (error) => inbox.put({ failed: error }),
    complete: () => inbox.put('complete'),
  });
  return Object.assign(inbox, subscription, { unsubscribe: () => subscription.unsubscribe() });
}

let client = open({ Authorization: amber.bearer });
const inbox = start(client, MESSAGES, { room: amber.room, last: 1 });
equal('the last message', added(await inbox.next('the last message')).seq, 1);
await amber.say('two');
const last = added(await inbox.next('a live message'));
equal('a live message', last.seq, 2);
ok('subscribes and receives');

const query = start(client, VIEWER);
equal('a query', await query.next('its result'), { data: { viewer: { username: 'amber' } } });
equal('a query ends', await query.next('its end'), 'complete');
const mutation = start(client, SEND, { room: amber.room, text: 'three' });
equal('a mutation', (await mutation.next('its result')).data.sendMessage.message.seq, 3);
equal('the subscription goes on', added(await inbox.next('three')).seq, 3);
ok('runs queries and mutations beside it');

const lost = new Inbox();
client.onDisconnected(() => lost.put('lost'));
line.cut();
equal('the loss is noticed', await lost.next('the loss'), 'lost');
await amber.say('four');
client.close();
client = open({ Authorization: amber.bearer });
const resumed = start(client, MESSAGES, { room: amber.room, after: last.cursor });
for (const seq of [3, 4]) equal('missed ones', added(await resumed.next('a missed one')).seq, seq);
ok('resumes after a cursor when the socket was cut');

resumed.unsubscribe();
client.close();
const stranger = open({ Authorization: 'Bearer no.token.atall' });
const refused = new Inbox();
stranger.onError((error) => refused.put(error));
stranger.onDisconnected(() => refused.put('closed'));
start(stranger, VIEWER);
await refused.next('a refusal');
stranger.close();
ok('a bad token is refused');
done();
