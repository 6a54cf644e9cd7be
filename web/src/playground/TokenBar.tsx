// The strip above the editors: which token goes with each request, and whose it is.
import { changeSession, useSession } from './session';

export function TokenBar() {
  const { token, username } = useSession();
  return (
    <header className="token-bar graphiql-container">
      <h1>Tertulia</h1>
      <label htmlFor="token">Token</label>
      <input
        id="token"
        type="text"
        value={token}
        placeholder="sign up, log in, or paste an access token"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={(event) => changeSession({ token: bare(event.target.value), username: '' })}
      />
      <button type="button" disabled={token === ''} onClick={() => changeSession({ token: '', username: '' })}>
        Clear
      </button>
      <output htmlFor="token">{stateOf(token, username)}</output>
    </header>
  );
}

function stateOf(token: string, username: string): string {
  if (token === '') return 'signed out';
  return username === '' ? 'using this token' : `signed in as ${username}`;
}

/** Accepts a pasted header value as well as the token alone. */
function bare(text: string): string {
  return text.trim().replace(/^bearer\s+/i, '');
}
