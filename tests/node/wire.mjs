// A wire to the server. Cutting it resets all connections that go over it, as a lost network does in the end.
import { connect, createServer } from 'node:net';

export async function layWire(base) {
  const { hostname, port } = new URL(base);
  const open = new Set();
  let isUp = true;
  const server = createServer((near) => {
    if (!isUp) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(Number(port), hostname);
    const both = [near, far];
    for (const socket of both) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        both.forEach((each) => each.destroy());
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => open.forEach((socket) => socket.resetAndDestroy());
  const address = `127.0.0.1:${server.address().port}`;
  return {
    origin: `http://${address}`,
    http: `http://${address}/graphql`,
    ws: `ws://${address}/graphql`,
    cut,
    /** Cut, and nothing gets through until it is up again. */
    down: () => {
      isUp = false;
      cut();
    },
    up: () => {
      isUp = true;
    },
  };
}
