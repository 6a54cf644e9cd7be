// What is filled in: each with its label, a hint, and what the server said against it.
import { Eye, EyeOff } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from './Button';
import { classes } from './classes';
import styles from './Field.module.css';

interface Around {
  label: string;
  hint?: ReactNode;
  /** What is wrong with the value. */
  fault?: string | undefined;
  /** Marked as such where most fields are required. */
  optional?: boolean;
}

export type TextFieldProps = Around & ComponentProps<'input'>;

export function TextField({ label, hint, fault, optional, className, type = 'text', ...rest }: TextFieldProps) {
  const { t } = useTranslation('common');
  const [shown, setShown] = useState(false);
  const ids = useIds(hint, fault);
  const input = (
    <input
      {...rest}
      data-autofocus={rest.autoFocus || undefined}
      id={ids.control}
      type={type === 'password' && shown ? 'text' : type}
      className={styles.control}
      aria-invalid={fault ? true : undefined}
      aria-describedby={ids.describedBy}
    />
  );
  return (
    <Frame {...{ label, hint, fault, optional, className, ids }}>
      {type === 'password' ? (
        <span className={styles.withButton}>
          {input}
          <IconButton
            label={shown ? t('hidePassword') : t('showPassword')}
            icon={shown ? <EyeOff /> : <Eye />}
            onClick={() => setShown(!shown)}
          />
        </span>
      ) : (
        input
      )}
    </Frame>
  );
}

export function TextArea({ label, hint, fault, optional, className, ...rest }: Around & ComponentProps<'textarea'>) {
  const ids = useIds(hint, fault);
  return (
    <Frame {...{ label, hint, fault, optional, className, ids }}>
      <textarea {...rest} id={ids.control} className={styles.control} aria-invalid={fault ? true : undefined} aria-describedby={ids.describedBy} />
    </Frame>
  );
}

export function SelectField({ label, hint, fault, optional, className, children, ...rest }: Around & ComponentProps<'select'>) {
  const ids = useIds(hint, fault);
  return (
    <Frame {...{ label, hint, fault, optional, className, ids }}>
      <select {...rest} id={ids.control} className={styles.control} aria-invalid={fault ? true : undefined} aria-describedby={ids.describedBy}>
        {children}
      </select>
    </Frame>
  );
}

export interface SwitchProps {
  label: ReactNode;
  hint?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export function Switch({ label, hint, checked, disabled, onChange }: SwitchProps) {
  const hintId = useId();
  return (
    <label className={styles.switch}>
      <span>
        {label}
        {hint && (
          <span id={hintId} className={styles.hint}>
            <br />
            {hint}
          </span>
        )}
      </span>
      <input
        type="checkbox"
        role="switch"
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? hintId : undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}

export interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { readonly value: Value; readonly label: ReactNode; readonly lang?: string }[];
  hint?: ReactNode;
  onChange: (value: Value) => void;
}

/** One of a few. */
export function Choice<Value extends string>({ label, value, options, hint, onChange }: ChoiceProps<Value>) {
  const name = useId();
  const hintId = useId();
  return (
    <fieldset className={styles.choice} aria-describedby={hint ? hintId : undefined}>
      <legend className={styles.label}>{label}</legend>
      <div className={styles.options}>
        {options.map((option) => (
          <label key={option.value} className={styles.option} lang={option.lang}>
            <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
            {option.label}
          </label>
        ))}
      </div>
      {hint && (
        <p id={hintId} className={styles.hint}>
          {hint}
        </p>
      )}
    </fieldset>
  );
}

function useIds(hint: ReactNode, fault: string | undefined) {
  const control = useId();
  const ids = { control, hint: `${control}hint`, fault: `${control}fault` };
  return { ...ids, describedBy: classes(fault && ids.fault, hint !== undefined && ids.hint) };
}

interface FrameProps extends Around {
  className: string | undefined;
  ids: ReturnType<typeof useIds>;
  children: ReactNode;
}

function Frame({ label, hint, fault, optional, className, ids, children }: FrameProps) {
  const { t } = useTranslation('common');
  return (
    <div className={classes(styles.field, className)}>
      <label htmlFor={ids.control} className={styles.label}>
        {label} {optional && <span className={styles.optional}>({t('optional')})</span>}
      </label>
      {children}
      {fault && (
        <p id={ids.fault} className={styles.fault} role="alert">
          {fault}
        </p>
      )}
      {hint !== undefined && (
        <p id={ids.hint} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}
