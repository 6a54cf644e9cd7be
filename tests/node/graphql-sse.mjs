// npm `graphql-sse` as it comes, with a stream for each operation and with one for all.
//
//   node graphql-sse.mjs BASE_URL
import { createClient } from 'graphql-sse';
import { added, done, equal, fail, Inbox, MESSAGES, ok, Person, SEND, VIEWER, wire, within } from './live.mjs';

const amber = await Person.signUp('amber');
const line = await wire();
const retryWait = async () => {};

function start(client, query, variables) {
  const inbox = new Inbox();
  const stop = client.subscribe(
    { query, variables },
    { next: inbox.put, error: (error) => inbox.put({ failed: error }), complete: () => inbox.put('complete') },
  );
  return Object.assign(inbox, { stop });
}

async function once(client, query, variables) {
  const results = client.iterate({ query, variables });
  const { value } = await within('a result', results.next());
  equal('and no more', (await within('the end', results.next())).done, true);
  return value;
}

async function both(name, client) {
  equal(`${name}: a query`, await once(client, VIEWER), { data: { viewer: { username: 'amber' } } });
  const sent = await once(client, SEND, { room: amber.room, text: name });
  equal(`${name}: a mutation`, sent.data.sendMessage.errors, []);
  ok(`${name}: runs queries and mutations`);
}

// Distinct connections. The client repeats its request after a cut; Last-Event-ID says where to go on.
let seen;
const headers = () => ({ authorization: amber.bearer, ...(seen && { 'last-event-id': seen.cursor }) });
const distinct = createClient({ url: line.http, headers, retryAttempts: 20, retryWait });
let inbox = start(distinct, MESSAGES, { room: amber.room, last: 1 });
const read = async (what) => (seen = added(await inbox.next(what)));
equal('distinct: the last message', (await read('the last message')).seq, 1);
for (let round = 0; round < 5; round += 1) {
  const [live, missed] = [2 + 3 * round, 3 + 3 * round];
  equal('distinct: sent', await amber.say('live'), live);
  equal('distinct: a live one', (await read('a live one')).seq, live);
  line.cut();
  await amber.say('missed');
  await amber.say('missed');
  equal('distinct: missed ones', [(await read('one')).seq, (await read('two')).seq], [missed, missed + 1]);
}
ok('distinct: each message once and in order over five cuts');
inbox.stop();
seen = undefined;
await both('distinct', distinct);
const invalid = await once(distinct, 'subscription { nothing }');
equal('distinct: what is wrong is told', invalid.errors[0].extensions.code, 'BAD_INPUT');
distinct.dispose();
ok('distinct: errors of a document arrive as a result');

// One connection.
const single = createClient({ url: line.http, singleConnection: true, headers, retryAttempts: 20, retryWait });
const [left, right] = [1, 2].map(() => start(single, MESSAGES, { room: amber.room, last: 1 }));
let [a, b] = [added(await left.next('left')), added(await right.next('right'))];
equal('single: both begin with the same', a, b);
await amber.say('for both');
[a, b] = [added(await left.next('left')), added(await right.next('right'))];
equal('single: both go on', a, b);
ok('single: two subscriptions share a stream');
await both('single', single);
[a, b] = [added(await left.next('left')), added(await right.next('right'))];
equal('single: and hear of it', a, b);
left.stop();
equal('single: one ends', await left.next('the end'), 'complete');
await amber.say('for one');
b = added(await right.next('right'));
equal('single: the other goes on', b.seq, a.seq + 1);
ok('single: one subscription ends without the other');

// The client makes a new reservation by itself, and repeats its subscription.
line.cut();
equal('single: it begins again', added(await right.next('the repeated first')), b);
await amber.say('after the cut');
a = added(await right.next('right'));
equal('single: and goes on', a.seq, b.seq + 1);
right.stop();
equal('single: ends', await right.next('the end'), 'complete');
const resumed = start(single, MESSAGES, { room: amber.room, after: b.cursor });
equal('single: resumes after a cursor', added(await resumed.next('the missed one')), a);
ok('single: comes back after a cut, and resumes');

await amber.logOut();
const last = await resumed.next('the reason');
if (last?.errors?.[0]?.extensions?.code !== 'UNAUTHENTICATED') fail(`no reason: ${JSON.stringify(last)}`);
equal('single: it is over', await resumed.next('the end'), 'complete');
ok('single: logging out ends what runs, with the reason');
done();
