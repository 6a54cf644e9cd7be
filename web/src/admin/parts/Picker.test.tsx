import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Option, Picker } from './Picker';

vi.mock('react-i18next', () => ({ useTranslation: () => ({ t: (key: string) => key }) }));

afterEach(cleanup);

const PEOPLE: Option[] = [
  { id: '1', name: 'Amber' },
  { id: '2', name: 'Amelia' },
  { id: '3', name: 'Boris' },
];

function People({ onChoose = () => {} }: { onChoose?: (option: Option | null) => void }) {
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<Option | null>(null);
  return (
    <Picker
      label="Person"
      chosen={chosen}
      options={text === '' ? [] : PEOPLE.filter(({ name }) => name.toLowerCase().startsWith(text.toLowerCase()))}
      onText={setText}
      onChoose={(option) => {
        setChosen(option);
        onChoose(option);
      }}
    />
  );
}

describe('a picker', () => {
  it('chooses with the arrow keys and Enter', async () => {
    const onChoose = vi.fn();
    render(<People onChoose={onChoose} />);
    const field = screen.getByRole('combobox', { name: 'Person' });
    await userEvent.type(field, 'am{ArrowDown}');
    const marked = screen.getByRole('option', { selected: true });
    expect(marked.textContent).toBe('Amelia');
    expect(field.getAttribute('aria-activedescendant')).toBe(marked.id);
    await userEvent.keyboard('{Enter}');
    expect(onChoose).toHaveBeenCalledWith(PEOPLE[1]);
    expect(screen.getByRole('group', { name: 'Person' }).textContent).toContain('Amelia');
    expect(document.activeElement).toBe(screen.getByRole('button'));
  });

  it('goes round at the ends of its list', async () => {
    render(<People />);
    await userEvent.type(screen.getByRole('combobox'), 'am{ArrowUp}');
    expect(screen.getByRole('option', { selected: true }).textContent).toBe('Amelia');
  });

  it('closes on Escape and chooses nothing', async () => {
    const onChoose = vi.fn();
    render(<People onChoose={onChoose} />);
    await userEvent.type(screen.getByRole('combobox'), 'am{Escape}');
    expect(screen.getByRole('combobox').getAttribute('aria-expanded')).toBe('false');
    await userEvent.keyboard('{Enter}');
    expect(onChoose).not.toHaveBeenCalled();
  });

  it('says so when there is none of that name', async () => {
    render(<People />);
    await userEvent.type(screen.getByRole('combobox'), 'zz');
    expect(screen.getByText('picker.none')).toBeTruthy();
  });

  it('lets go of what was chosen', async () => {
    const onChoose = vi.fn();
    render(<People onChoose={onChoose} />);
    await userEvent.type(screen.getByRole('combobox'), 'bor{Enter}');
    await userEvent.click(screen.getByRole('button', { name: 'picker.clear' }));
    expect(onChoose).toHaveBeenLastCalledWith(null);
    expect(document.activeElement).toBe(screen.getByRole('combobox'));
  });
});
