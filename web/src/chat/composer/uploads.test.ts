import { describe, expect, it } from 'vitest';
import type { Uploaded } from '../../shared/api/upload';
import { type Around, Uploads } from './uploads';

const REFUSED: Uploaded = { ok: false, faults: [{ code: 'BAD_INPUT', message: 'No picture.', field: null, retryAfterMs: null, requestId: null }] };

/** A server that answers when the test says so. */
class Server implements Around {
  readonly calls: { file: File; progress: (part: number) => void; answer: (uploaded: Uploaded) => Promise<void> }[] = [];
  readonly forgotten: string[] = [];
  #ids = 0;

  send: Around['send'] = (file, { onProgress, signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      const answer = async (uploaded: Uploaded) => {
        resolve(uploaded);
        await settled();
      };
      this.calls.push({ file, progress: onProgress, answer });
    });
  newId = () => `f${(this.#ids += 1)}`;
  preview = (file: File) => `blob:${file.name}`;
  forget = (url: string) => void this.forgotten.push(url);
  size: { width: number; height: number } | null = { width: 4, height: 3 };
  measure = () => Promise.resolve(this.size);
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const file = (name: string, type = 'image/png') => new File(['bytes'], name, { type });

describe('uploads', () => {
  it('send a file as soon as it is there, and tell how far they are', async () => {
    const server = new Server();
    const uploads = new Uploads(server);
    const id = uploads.add(file('cat.png'));
    await settled();
    expect(uploads.get(id)).toMatchObject({ previewUrl: 'blob:cat.png', width: 4, height: 3, state: { is: 'sending', part: 0 } });
    expect(uploads.areUnderWay).toBe(true);
    server.calls[0]?.progress(0.5);
    expect(uploads.get(id)?.state).toEqual({ is: 'sending', part: 0.5 });
    await server.calls[0]?.answer({ ok: true, uploadId: 'up1' });
    expect(uploads.get(id)?.state).toEqual({ is: 'stored', uploadId: 'up1' });
    expect(await uploads.stored(id)).toEqual({ ok: true, uploadId: 'up1' });
    expect(server.calls).toHaveLength(1);
    expect(uploads.areUnderWay).toBe(false);
  });

  it('send three at a time', async () => {
    const server = new Server();
    const uploads = new Uploads(server);
    for (const name of ['a', 'b', 'c', 'd']) uploads.add(file(name, 'text/plain'));
    await settled();
    expect(server.calls.map(({ file: { name } }) => name)).toEqual(['a', 'b', 'c']);
    await server.calls[1]?.answer({ ok: true, uploadId: 'b' });
    expect(server.calls.map(({ file: { name } }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('send a file again that failed, when somebody waits for it', async () => {
    const server = new Server();
    const uploads = new Uploads(server);
    const id = uploads.add(file('cat.png'));
    await settled();
    await server.calls[0]?.answer(REFUSED);
    expect(uploads.get(id)?.state).toMatchObject({ is: 'failed', fault: { message: 'No picture.' } });
    const again = uploads.stored(id);
    await settled();
    await server.calls[1]?.answer({ ok: true, uploadId: 'up1' });
    expect(await again).toEqual({ ok: true, uploadId: 'up1' });
  });

  it('give up what is dropped, and make room for the next', async () => {
    const server = new Server();
    const uploads = new Uploads(server);
    const ids = ['a', 'b', 'c', 'd', 'e'].map((name) => uploads.add(file(name)));
    await settled();
    uploads.drop(ids[0] ?? '');
    uploads.drop(ids[3] ?? '');
    await settled();
    expect(server.calls.map(({ file: { name } }) => name)).toEqual(['a', 'b', 'c', 'e']);
    expect(server.forgotten).toEqual(['blob:a', 'blob:d']);
    expect(await uploads.stored(ids[0] ?? '')).toBeNull();
  });

  it('show what calls itself an image and is none as a file', async () => {
    const server = new Server();
    server.size = null;
    const uploads = new Uploads(server);
    const id = uploads.add(file('cat.png'));
    await settled();
    expect(uploads.get(id)).toMatchObject({ previewUrl: null, width: null });
    expect(server.forgotten).toEqual(['blob:cat.png']);
  });

  it('show no preview of what a browser may take for a program', () => {
    const uploads = new Uploads(new Server());
    for (const type of ['image/svg+xml', 'text/html', '', 'video/mp4']) {
      expect(uploads.get(uploads.add(file('x', type)))?.previewUrl).toBeNull();
    }
  });
});
