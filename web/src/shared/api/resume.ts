// The names that this folder's callers know the live connection by.
export { connectLive, type Following, type Handlers, type Live, type Payload, type State, type WaitReason } from '@tertulia/resume';
