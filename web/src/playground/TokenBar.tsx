// The strip above the editors: which token goes with each request, and whose it is.
import { useChatName, takeChat } from './chat';
import { changeSession, useSession } from './session';

export function TokenBar() {
  const { token, username, chat } = useSession();
  const chatName = useChatName();
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
        onChange={(event) => changeSession({ token: bare(event.target.value), username: '', chat: false })}
      />
      {chatName !== null && !chat && (
        <button type="button" onClick={() => void takeChat()}>
          Use the chat’s sign-in{chatName && ` (${chatName})`}
        </button>
      )}
      <button type="button" disabled={token === ''} onClick={() => changeSession({ token: '', username: '', chat: false })}>
        Clear
      </button>
      <output htmlFor="token">{stateOf(token, username, chat)}</output>
    </header>
  );
}

function stateOf(token: string, username: string, chat: boolean): string {
  if (token === '') return 'signed out';
  if (chat) return username === '' ? 'using the chat’s sign-in' : `signed in as ${username}, as in the chat`;
  return username === '' ? 'using this token' : `signed in as ${username}`;
}

/** Accepts a pasted header value as well as the token alone. */
function bare(text: string): string {
  return text.trim().replace(/^bearer\s+/i, '');
}
