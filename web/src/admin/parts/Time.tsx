// An instant: short on the page, to the second when the pointer rests on it.
import { useFormat } from './format';

export interface TimeProps {
  at: string;
  /** How it is said: to the minute, by the day alone, or by how long ago it is. */
  as?: 'instant' | 'day' | 'ago';
}

export function Time({ at, as = 'instant' }: TimeProps) {
  const format = useFormat();
  const date = new Date(at);
  return (
    <time dateTime={at} title={format.exact(date)}>
      {as === 'ago' ? format.ago(date, new Date()) : format[as](date)}
    </time>
  );
}
