export { Composer, type Draft } from './Composer';
export { LiveState } from './LiveState';
export type { Session } from './session';
export { SignedIn } from './SignedIn';
export { useOpened } from './useOpened';
