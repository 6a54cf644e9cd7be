// Apollo Client as it comes: its HttpLink asks for subscriptions as multipart bodies.
//
//   node apollo-client.mjs BASE_URL
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { CombinedProtocolErrors } from '@apollo/client/errors';
import { added, done, equal, fail, Inbox, MESSAGES, ok, Person, SEND, VIEWER, wire, within } from './live.mjs';

const amber = await Person.signUp('amber');
const line = await wire();
const authorize = new ApolloLink((operation, forward) => {
  operation.setContext({ headers: { authorization: amber.bearer } });
  return forward(operation);
});
const client = new ApolloClient({
  link: ApolloLink.from([authorize, new HttpLink({ uri: line.http })]),
  cache: new InMemoryCache(),
});

function follow(variables) {
  const inbox = new Inbox();
  const subscription = client
    .subscribe({ query: gql(MESSAGES), variables: { room: amber.room, ...variables }, fetchPolicy: 'no-cache', errorPolicy: 'all' })
    .subscribe({
      next: (result) => inbox.put(result.error ? { failed: result.error } : result),
      error: (failed) => inbox.put({ failed }),
      complete: () => inbox.put('complete'),
    });
  return Object.assign(inbox, { stop: () => subscription.unsubscribe() });
}

let inbox = follow({ last: 1 });
equal('the last message', added(await inbox.next('the last message')).seq, 1);
let last;
for (let seq = 2; seq < 12; seq += 1) {
  await amber.say('more');
  last = added(await inbox.next('a live message'));
  equal('a live message', last.seq, seq);
}
ok('a subscription receives each message once and in order');

const { data } = await within('a query', client.query({ query: gql(VIEWER) }));
equal('a query', data.viewer.username, 'amber');
const variables = { room: amber.room, text: 'twelve' };
const sent = await within('a mutation', client.mutate({ mutation: gql(SEND), variables }));
equal('a mutation', sent.data.sendMessage.message.seq, 12);
last = added(await inbox.next('twelve'));
ok('queries and mutations go beside it');

line.cut();
const lost = await inbox.next('the loss');
if (!lost.failed) fail(`the loss was not noticed: ${JSON.stringify(lost)}`);
await amber.say('thirteen');
inbox = follow({ after: last.cursor });
equal('what was missed', added(await inbox.next('thirteen')).seq, 13);
ok('it resumes after the last cursor when the connection was cut');

const wrong = follow({ after: 'x' });
const refused = await wrong.next('a refusal');
equal('a wrong cursor', refused.failed?.errors?.[0]?.extensions?.code, 'CURSOR_INVALID');
ok('errors of the operation arrive as GraphQL errors');

await amber.logOut();
const over = await inbox.next('the reason');
if (!CombinedProtocolErrors.is(over.failed)) fail(`no error of the transport: ${JSON.stringify(over)}`);
equal('logging out', over.failed.errors[0].extensions.code, 'UNAUTHENTICATED');
ok('logging out ends it with an error of the transport');
done();
