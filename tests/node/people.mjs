// People of a running server, as the tests of the pages need them: made through the schema, then signed in in a browser.
import assert from 'node:assert/strict';

export const PASSWORD = 'a-quiet-corner-table';

/** A call past any browser, as from another device of the same person. */
export async function ask(base, token, query, variables) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(new URL('/graphql', base), { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** Runs a mutation with one input, which has to succeed, and gives its payload. */
export async function mutate(base, token, field, input, selection = '') {
  const kind = `${field[0].toUpperCase()}${field.slice(1)}Input`;
  const query = `mutation($input: ${kind}!) { ${field}(input: $input) { ${selection} errors { code message } } }`;
  const data = await ask(base, token, query, { input });
  assert.deepEqual(data[field].errors, [], field);
  return data[field];
}

export async function signUp(base, username, firstName, lastName) {
  const input = { username, email: `${username}@example.org`, password: PASSWORD, firstName, lastName };
  const { user, tokens } = await mutate(base, null, 'signup', input, 'user { id displayName } tokens { accessToken refreshToken }');
  return { base, id: user.id, username, name: user.displayName, token: tokens.accessToken, refreshToken: tokens.refreshToken };
}

/** Another session of somebody, so that a browser and the test do not renew each other's. */
export async function logIn(base, { username }) {
  const selection = 'user { id displayName } tokens { accessToken refreshToken }';
  const { user, tokens } = await mutate(base, null, 'login', { usernameOrEmail: username, password: PASSWORD }, selection);
  return { base, id: user.id, username, name: user.displayName, token: tokens.accessToken, refreshToken: tokens.refreshToken };
}

export async function makeRoom(person, name, others = []) {
  const input = { name, memberIds: others.map(({ id }) => id) };
  const { room } = await mutate(person.base, person.token, 'createRoom', input, 'room { id }');
  return room.id;
}

export async function say(person, roomId, text, more = {}) {
  const { message } = await mutate(person.base, person.token, 'sendMessage', { roomId, text, ...more }, 'message { id seq }');
  return message;
}

/** A window of a browser in which somebody is signed in. */
export async function windowOf(browser, person, origin, options = {}) {
  const { refreshToken, id } = await logIn(person.base, person);
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB', ...options });
  // Once: a reload keeps what the page itself has stored.
  await context.addInitScript(
    ([account]) => {
      if (!localStorage.getItem('tertulia.account')) localStorage.setItem('tertulia.account', account);
    },
    [JSON.stringify({ refreshToken, userId: id })],
  );
  return { context, page: await context.newPage(), origin };
}
