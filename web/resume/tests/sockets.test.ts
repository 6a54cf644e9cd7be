// @vitest-environment node
// The same over real sockets, cut in the middle of their bytes. Waits are of a few milliseconds, and every check waits for
// its condition.
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createClient, type Client } from 'graphql-ws';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { connectLive, type Live, type LiveOptions } from '../src';
import { added, MESSAGES, type Added, type Message } from './server';
import { upTo } from './story';

let server: RealServer | undefined;
let live: Live | undefined;

afterEach(async () => {
  live?.close();
  await server?.close();
});

describe('a real socket', () => {
  it('cut in the middle of a frame is followed by all that was missed', async () => {
    const seqs = await follow();
    server!.post(2);
    await vi.waitFor(() => expect(seqs).toEqual(upTo(2)));
    // A frame of 200 bytes of which 20 come.
    server!.write(Buffer.concat([Buffer.from([0x81, 126, 0, 200]), Buffer.from('{"type":"next","id":')]));
    server!.reset();
    server!.post(2);
    await vi.waitFor(() => expect(seqs).toEqual(upTo(4)));
  });

  it('on which something comes that is no frame is given up, and another made', async () => {
    const seqs = await follow();
    server!.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await vi.waitFor(() => expect(server!.connections).toBe(2));
    server!.post(1);
    await vi.waitFor(() => expect(seqs).toEqual([1]));
  });

  it('that hangs, without an end and without a pong, is given up', async () => {
    const seqs = await follow({ timing: { ...QUICK, quiet: 20, pong: 20 } });
    server!.hang();
    server!.post(1);
    await vi.waitFor(() => expect(seqs).toEqual([1]));
  });

  it('that is refused by HTTP is asked for again', async () => {
    const seqs = await follow({}, (made) => (made.refusals = 3));
    await vi.waitFor(() => expect(server!.connections).toBe(4));
    server!.post(1);
    await vi.waitFor(() => expect(seqs).toEqual([1]));
  });

  it('survives a hundred cuts at any moment with each message once', async () => {
    const seqs = await follow();
    for (let round = 1; round <= 100; round += 1) {
      server!.post(1);
      if (round % 3 === 0) server!.reset();
      if (round % 5 === 0) await vi.waitFor(() => expect(seqs.length).toBeGreaterThan(round - 3));
    }
    await vi.waitFor(() => expect(seqs).toEqual(upTo(100)));
  });
});

it('subscribe stands in for that of graphql-ws', () => {
  expectTypeOf<Live['subscribe']>().toExtend<Client['subscribe']>();
  // And its client is what a page would have had.
  expectTypeOf(createClient).returns.toEqualTypeOf<Client>();
});

const QUICK = { backoffFirst: 2, backoffMax: 4 };

/** Follows from the beginning; gives the numbers as they come. */
async function follow(options: Partial<LiveOptions> = {}, before?: (server: RealServer) => void): Promise<number[]> {
  server = await RealServer.open();
  before?.(server);
  const seqs: number[] = [];
  live = connectLive({
    url: server.url,
    token: () => 't1',
    webSocket: WebSocket as unknown as NonNullable<LiveOptions['webSocket']>,
    wake: null,
    timing: QUICK,
    ...options,
  });
  live.follow<Added>(
    { query: MESSAGES, variables: { roomId: 'r', after: 'c0' } },
    { next: ({ data }) => data && seqs.push(data.messageAdded.message.seq) },
  );
  if (!before) await vi.waitFor(() => expect(server?.readers).toBe(1));
  return seqs;
}

/** A room behind real sockets. */
class RealServer {
  connections = 0;
  /** How many connections are refused first. */
  refusals = 0;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #raw = new Set<Socket>();
  readonly #subscribed = new Map<WebSocket, string>();
  #last = 0;

  static async open(): Promise<RealServer> {
    const made = new RealServer();
    await new Promise<void>((resolve) => made.#http.listen(0, '127.0.0.1', resolve));
    return made;
  }

  private constructor() {
    this.#http = createServer();
    this.#http.on('upgrade', (request: IncomingMessage, raw: Duplex, head: Buffer) => {
      this.connections += 1;
      if (this.refusals >= this.connections) {
        raw.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
        return;
      }
      this.#raw.add(raw as Socket);
      raw.on('close', () => this.#raw.delete(raw as Socket));
      this.#sockets.handleUpgrade(request, raw, head, (socket) => this.#serve(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/graphql`;
  }

  get readers(): number {
    return this.#subscribed.size;
  }

  #serve(socket: WebSocket): void {
    socket.on('error', () => {});
    socket.on('close', () => this.#subscribed.delete(socket));
    socket.on('message', (data) => {
      const { type, id = '', payload } = JSON.parse(String(data)) as Message;
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (type !== 'subscribe') return;
      this.#subscribed.set(socket, id);
      const after = Number((payload!['variables'] as { after: string }).after.slice(1));
      for (let seq = after + 1; seq <= this.#last; seq += 1) tell(socket, id, seq, true);
    });
  }

  post(count: number): void {
    for (let n = 0; n < count; n += 1) {
      this.#last += 1;
      for (const [socket, id] of this.#subscribed) tell(socket, id, this.#last, false);
    }
  }

  write(bytes: Buffer): void {
    for (const raw of this.#raw) raw.write(bytes);
  }

  reset(): void {
    for (const raw of this.#raw) raw.resetAndDestroy();
    this.#subscribed.clear();
  }

  /** Neither reads nor writes any more on what is open now. */
  hang(): void {
    for (const raw of this.#raw) raw.pause();
    for (const socket of this.#subscribed.keys()) socket.removeAllListeners('message');
    this.#subscribed.clear();
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

function tell(socket: WebSocket, id: string, seq: number, replayed: boolean): void {
  socket.send(JSON.stringify({ type: 'next', id, payload: { data: { messageAdded: added(seq, replayed) } } }));
}
