// Subscriptions that miss nothing and repeat nothing, over cuts, restarts, sleep and tokens that run out.
export { RENEW_CONNECTION } from './connection';
export { connectLive, type Live } from './live';
export type {
  Ended,
  Following,
  GraphQLFault,
  Handlers,
  LiveOptions,
  Payload,
  Position,
  Result,
  Sink,
  SocketLike,
  State,
  Timing,
  TokenRequest,
  WaitReason,
  Waiting,
  Wake,
} from './types';
export { browserWake } from './wake';
