// Writing at once in a room that was just opened.
import { type RefObject, useEffect } from 'react';

/**
 * Where there is a keyboard, the field has the focus as soon as one may write; elsewhere its coming up would hide what is to
 * be read. Whoever has gone on from `cameFrom` to something else, while the room was on its way, stays there.
 */
export function useFocusOnOpen(field: RefObject<HTMLElement | null>, cameFrom: Element | null, mayWrite: boolean): void {
  useEffect(() => {
    const here = document.activeElement;
    const isWaiting = here === null || here === document.body || here === cameFrom;
    if (mayWrite && isWaiting && matchMedia('(hover: hover)').matches) field.current?.focus();
  }, [field, cameFrom, mayWrite]);
}
