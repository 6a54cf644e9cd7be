// A list of things to do, opened by a button. Arrow keys, typing and Escape are the library's.
import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { classes } from './classes';
import styles from './Menu.module.css';

export interface MenuProps {
  /** A button, which gets the menu's attributes. */
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end';
  /** For one that is opened in other ways, too. */
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function Menu({ trigger, children, align = 'end', open, onOpenChange }: MenuProps) {
  return (
    // Not modal: what makes it so writes styles at run time, which the pages' policy does not allow.
    <DropdownMenu.Root modal={false} open={open} onOpenChange={onOpenChange}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} align={align} sideOffset={4} collisionPadding={8}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export interface MenuItemProps {
  icon?: ReactNode;
  children: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export function MenuItem({ icon, children, danger, disabled, onSelect }: MenuItemProps) {
  return (
    <DropdownMenu.Item className={classes(styles.item, danger && styles.danger)} disabled={disabled} onSelect={onSelect}>
      {icon}
      {children}
    </DropdownMenu.Item>
  );
}

export function MenuLine() {
  return <DropdownMenu.Separator className={styles.line} />;
}
