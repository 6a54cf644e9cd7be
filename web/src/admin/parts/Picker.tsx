// One of many, found by typing the beginning of a name: a combobox with a list below it.
import { X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../shared/ui/Button';
import { TextField } from '../../shared/ui/Field';
import styles from './Picker.module.css';

export interface Option {
  readonly id: string;
  readonly name: string;
  /** Tells apart those of one name. */
  readonly note?: string;
  readonly mark?: ReactNode;
}

export interface PickerProps {
  label: string;
  placeholder?: string;
  chosen: Option | null;
  /** What fits the text. */
  options: readonly Option[];
  /** Told of each change of the text. */
  onText: (text: string) => void;
  onChoose: (option: Option | null) => void;
}

export function Picker({ label, placeholder, chosen, options, onText, onChoose }: PickerProps) {
  const { t } = useTranslation('admin');
  const listId = useId();
  const [text, setText] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [marked, setMarked] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const isOurs = useRef(false);
  // The field makes place for what was chosen, and that for the field: the focus goes along.
  useEffect(() => {
    if (isOurs.current) box.current?.querySelector<HTMLElement>('button, input')?.focus();
    isOurs.current = false;
  }, [chosen?.id]);
  const tell = (option: Option | null) => {
    isOurs.current = true;
    onChoose(option);
  };
  const at = Math.min(marked, options.length - 1);
  const write = (written: string) => {
    setText(written);
    setOpen(written !== '');
    setMarked(0);
    onText(written.trim());
  };
  const choose = (option: Option | undefined) => {
    if (!option) return;
    tell(option);
    write('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      setOpen(true);
      if (isOpen && options.length > 0) setMarked((at + step + options.length) % options.length);
    } else if (event.key === 'Enter' && isOpen) choose(options[at]);
    else if (event.key === 'Escape' && isOpen) setOpen(false);
    else return;
    event.preventDefault();
  };
  if (chosen) {
    return (
      <div ref={box} className={styles.picker} role="group" aria-label={label}>
        <span className={styles.label}>{label}</span>
        <span className={styles.chosen}>
          {chosen.mark}
          <span className={styles.name}>{chosen.name}</span>
          <IconButton label={t('picker.clear', { name: chosen.name })} icon={<X />} onClick={() => tell(null)} />
        </span>
      </div>
    );
  }
  return (
    <div ref={box} className={styles.picker} onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || setOpen(false)}>
      <TextField
        label={label}
        placeholder={placeholder}
        value={text}
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        aria-expanded={isOpen}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && options[at] ? `${listId}${options[at].id}` : undefined}
        onChange={(event) => write(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <ul id={listId} className={styles.options} role="listbox" aria-label={label} hidden={!isOpen}>
        {options.map((option, index) => (
          <li
            key={option.id}
            id={`${listId}${option.id}`}
            role="option"
            aria-selected={index === at}
            // Before the field loses the focus.
            onMouseDown={(event) => {
              event.preventDefault();
              choose(option);
            }}
            onMouseMove={() => setMarked(index)}
          >
            {option.mark}
            <span className={styles.name}>{option.name}</span>
            {option.note && <span className={styles.note}>{option.note}</span>}
          </li>
        ))}
        {options.length === 0 && <li className={styles.note}>{t('picker.none')}</li>}
      </ul>
    </div>
  );
}
