// Chromium for the pages' tests: it reaches one server and nothing else, and what a careful person would object to in
// its developer tools is kept.
import { chromium } from 'playwright-core';

/** Longer than anything here takes on a busy machine. */
export const WAIT_MS = 60_000;

export function openBrowser(origin) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // A request to anywhere else fails at once and is reported, network or not.
      `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(origin).hostname}`,
    ],
  });
}

/** Collects the page's faults; `page.sockets` has its WebSockets. */
export function watch(page, origin) {
  const faults = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && new URL(url).origin !== origin) faults.push(`request left the server: ${url}`);
  });
  page.sockets = [];
  page.on('websocket', (socket) => {
    const said = [];
    socket.on('framesent', ({ payload }) => said.push(JSON.parse(payload)));
    page.sockets.push({ said, isClosed: () => socket.isClosed() });
    if (new URL(socket.url()).host !== new URL(origin).host) faults.push(`socket left the server: ${socket.url()}`);
  });
  page.on('requestfailed', (request) => {
    const fault = request.failure()?.errorText;
    // A reload gives up what the page was still loading; nothing else does.
    if (fault !== 'net::ERR_ABORTED') faults.push(`failed: ${request.url()} ${fault}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
  });
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  // Policy violations arrive here too, those of workers included.
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  return faults;
}

/** Not the browser library's own waiting on a condition: the page's policy forbids what that is made of. */
export async function until(what, condition) {
  const end = Date.now() + WAIT_MS;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${WAIT_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
