// What narrows a list: a field to search, and choices beside it. All of it stands in the address.
import { type ReactNode, useEffect, useState } from 'react';
import { useDebounced } from '../../shared/ui/useDebounced';
import { SelectField, TextField } from '../../shared/ui/Field';
import styles from './Narrow.module.css';
import { useNarrowing } from './place';

export function Narrow({ label, children }: { label: string; children: ReactNode }) {
  return (
    <search className={styles.narrow} aria-label={label}>
      {children}
    </search>
  );
}

/** Searches as one types. */
export function NarrowText({ name, label, placeholder }: { name: string; label: string; placeholder?: string }) {
  const { get, set } = useNarrowing();
  const given = get(name);
  const [written, setWritten] = useState(given);
  const settled = useDebounced(written.trim());
  const [seen, setSeen] = useState(given);
  /** What this field has told the address, which takes its time. */
  const [told, setTold] = useState<readonly string[]>([]);
  if (given !== seen) {
    setSeen(given);
    const answered = told.indexOf(given);
    setTold(answered < 0 ? [] : told.slice(answered + 1));
    // The address may be changed by others, too: by going back, or by a link.
    if (answered < 0) setWritten(given);
  }
  useEffect(() => {
    if (settled === (told.at(-1) ?? given) || settled !== written.trim()) return;
    setTold((before) => [...before, settled]);
    set({ [name]: settled });
    // Only what has been written here is told: `given` is an answer to it.
  }, [settled]);
  return (
    <TextField
      className={styles.text}
      type="search"
      label={label}
      placeholder={placeholder}
      value={written}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => setWritten(event.target.value)}
    />
  );
}

export interface NarrowChoiceProps {
  name: string;
  label: string;
  /** The first stands for no narrowing at all, with an empty value. */
  options: readonly (readonly [value: string, label: string])[];
}

export function NarrowChoice({ name, label, options }: NarrowChoiceProps) {
  const { get, set } = useNarrowing();
  return (
    <SelectField label={label} value={get(name)} onChange={(event) => set({ [name]: event.target.value })}>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </SelectField>
  );
}
