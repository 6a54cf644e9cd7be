// What every form does: one submit at a time, the faults kept to be shown, the focus on the first field at fault.
import { type FormEvent, useState } from 'react';
import type { Fault } from '../api/faults';

export interface Submit {
  readonly busy: boolean;
  readonly faults: readonly Fault[];
  readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void;
}

/** `run` gives what went wrong; nothing when all is well. Fields are found by their name, as the server calls them. */
export function useSubmit(run: (fields: FormData) => Promise<readonly Fault[]>): Submit {
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const submit = async (form: HTMLFormElement) => {
    setBusy(true);
    try {
      const found = await run(new FormData(form));
      setFaults(found);
      const first = found.find(({ field }) => field !== null)?.field;
      const control = first && form.elements.namedItem(first);
      if (control instanceof HTMLElement) control.focus();
    } finally {
      setBusy(false);
    }
  };
  return {
    busy,
    faults,
    onSubmit: (event) => {
      event.preventDefault();
      if (!busy) void submit(event.currentTarget);
    },
  };
}

/** The faults of fields that must say something and do not. */
export function missing(fields: FormData, names: readonly string[], message: string): Fault[] {
  return names
    .filter((name) => text(fields, name).trim() === '')
    .map((field) => ({ code: 'EMPTY', message, field, retryAfterMs: null, requestId: null }));
}

export function text(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
}
