// An instant: short on the page, to the second when the pointer rests on it.
import { useFormat } from './format';

export function Time({ at, ago = false }: { at: string; ago?: boolean }) {
  const format = useFormat();
  const date = new Date(at);
  return (
    <time dateTime={at} title={format.exact(date)}>
      {ago ? format.ago(date, new Date()) : format.instant(date)}
    </time>
  );
}
