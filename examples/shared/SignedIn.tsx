// The sign-in form, and what is shown once somebody is signed in.
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { Session } from './session';

/** `children` draws the page of a session, and is drawn anew for another one. */
export function SignedIn({ children }: { children: (session: Session) => ReactNode }) {
  const [session, setSession] = useState(Session.stored);
  useEffect(() => session?.onEnd(() => setSession(null)), [session]);
  return session ? children(session) : <SignIn onSignedIn={setSession} />;
}

function SignIn({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const [error, setError] = useState<string>();

  async function signIn(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => String(form.get(name));
    try {
      onSignedIn(await Session.signIn(field('server'), field('name'), field('password')));
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  }

  return (
    <form className="sign-in" onSubmit={(event) => void signIn(event)}>
      <label>
        Server <input name="server" type="url" defaultValue="http://127.0.0.1:8000" required />
      </label>
      <label>
        Name or e-mail <input name="name" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <button>Sign in</button>
      {error !== undefined && <p role="alert">{error}</p>}
    </form>
  );
}
