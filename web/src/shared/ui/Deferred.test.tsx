import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Deferred } from './Deferred';

afterEach(cleanup);

const Part = ({ name }: { name: string }) => <p>It is {name}.</p>;

describe('a deferred part', () => {
  it('is drawn with its properties once it is loaded', async () => {
    const load = vi.fn(() => Promise.resolve({ default: Part }));
    const { rerender } = render(<Deferred load={load} props={{ name: 'here' }} fallback="wait" onFail={() => {}} />);
    expect(document.body.textContent).toBe('wait');
    await screen.findByText('It is here.');
    rerender(<Deferred load={load} props={{ name: 'there' }} onFail={() => {}} />);
    await screen.findByText('It is there.');
    expect(load).toHaveBeenCalledOnce();
  });

  it('says that it cannot be loaded, and can be wanted again', async () => {
    const fail = vi.fn();
    const load = vi.fn<() => Promise<{ default: typeof Part }>>(() => Promise.reject(new Error('offline')));
    const { unmount } = render(<Deferred load={load} props={{ name: 'here' }} onFail={fail} />);
    await vi.waitFor(() => expect(fail).toHaveBeenCalledOnce());
    unmount();
    load.mockResolvedValue({ default: Part });
    render(<Deferred load={load} props={{ name: 'here' }} onFail={fail} />);
    await screen.findByText('It is here.');
  });
});
