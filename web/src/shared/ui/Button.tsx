// What is pressed: with words, or with a picture whose words are read out.
import type { ComponentProps, ReactNode } from 'react';
import styles from './Button.module.css';
import { classes } from './classes';
import { Spinner } from './Spinner';

export interface ButtonProps extends ComponentProps<'button'> {
  look?: 'primary' | 'secondary' | 'plain' | 'danger';
  /** At work: it cannot be pressed again, and keeps the focus. */
  busy?: boolean;
  wide?: boolean;
}

export function Button({ look = 'secondary', busy = false, wide = false, className, children, onClick, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes(styles.button, styles[look], wide && styles.wide, className)}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {busy && <Spinner />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** Read out, and shown while the pointer rests on it. */
  label: string;
  icon: ReactNode;
}

export function IconButton({ label, icon, className, ...rest }: IconButtonProps) {
  return (
    <button type="button" aria-label={label} title={label} {...rest} className={classes(styles.icon, className)}>
      {icon}
    </button>
  );
}

/** The look of a button for what is a link. */
export function buttonClass(look: NonNullable<ButtonProps['look']>, wide = false): string | undefined {
  return classes(styles.button, styles[look], wide && styles.wide);
}
