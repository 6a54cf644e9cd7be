// Writes messages, and sends each until there is an answer.
import { type FormEvent, useState } from 'react';

export interface Draft {
  readonly text: string;
  /** Made up once for a text. A send that got no answer is repeated with it, and is stored once. */
  readonly clientMessageId: string;
}

/** `send` gives what the server has against it, and rejects when there was no answer. */
export function Composer({ send }: { send: (draft: Draft) => Promise<readonly { message: string }[]> }) {
  const [draft, setDraft] = useState<Draft>({ text: '', clientMessageId: newKey() });
  const [fault, setFault] = useState<string>();
  const [isSending, setSending] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    setSending(true);
    setFault(undefined);
    try {
      const errors = await send(draft);
      if (errors.length > 0) setFault(errors.map(({ message }) => message).join(' '));
      else setDraft({ text: '', clientMessageId: newKey() });
    } catch (failure) {
      const why = failure instanceof Error ? failure.message : String(failure);
      setFault(`${why}: send it again. It is not stored twice.`);
    } finally {
      setSending(false);
    }
  }

  return (
    <form className="composer" onSubmit={(event) => void submit(event)}>
      <input
        aria-label="Message"
        value={draft.text}
        disabled={isSending}
        // Another text is another message, and needs a key of its own.
        onChange={({ target }) => setDraft({ text: target.value, clientMessageId: newKey() })}
      />
      <button disabled={isSending || draft.text.trim() === ''}>Send</button>
      {fault !== undefined && <p role="alert">{fault}</p>}
    </form>
  );
}

/** `crypto.randomUUID` is only there on pages that came over TLS. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
