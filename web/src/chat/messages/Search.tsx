// Looks for messages in a room or in all of them; a result leads to its message.
import { Search as SearchIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Fault, faultsOf } from '../../shared/api/faults';
import { fullTime, shortTime } from '../../shared/i18n/time';
import { useLocale } from '../../shared/i18n/useLocale';
import type { SearchMessagesQuery } from '../../shared/gql/chat/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import { Button } from '../../shared/ui/Button';
import { Dialog } from '../../shared/ui/Dialog';
import { Faults } from '../../shared/ui/Faults';
import { Choice, TextField } from '../../shared/ui/Field';
import { Loading } from '../../shared/ui/Spinner';
import { useDesk } from './DeskProvider';
import { excerpt } from './excerpt';
import { piecesAround } from './matches';
import { SearchMessages } from './operations';
import styles from './Search.module.css';

export interface SearchProps {
  roomId: string;
  onClose: () => void;
  onFound: (roomId: string, messageId: string) => void;
}

type Found = SearchMessagesQuery['searchMessages'];
type Place = 'here' | 'everywhere';

const PAGE = 20;
/** While one types, it is looked for once. */
const PAUSE_MS = 250;

export default function Search({ roomId, onClose, onFound }: SearchProps) {
  const { t } = useTranslation('messages');
  const [text, setText] = useState('');
  const [place, setPlace] = useState<Place>('here');
  const { found, faults, isLooking, more } = useFound(text, place === 'here' ? roomId : null);
  return (
    <Dialog title={t('search.title')} onClose={onClose}>
      <div className={styles.search}>
        <TextField
          label={t('search.field')}
          hint={t('search.begin')}
          type="search"
          value={text}
          autoFocus
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <Choice<Place>
          label={t('search.where')}
          value={place}
          onChange={setPlace}
          options={[
            { value: 'here', label: t('search.here') },
            { value: 'everywhere', label: t('search.everywhere') },
          ]}
        />
        <p role="status" className={styles.count}>
          {found && (found.nodes.length === 0 ? t('search.none') : t('search.found', { count: found.totalCount }))}
        </p>
        <Faults faults={faults} />
        {isLooking && !found && <Loading />}
        <ol className={styles.results} aria-busy={isLooking}>
          {found?.nodes.map((message) => (
            <li key={message.id}>
              <Result message={message} sought={text} isElsewhere={place === 'everywhere'} onChoose={() => onFound(message.room.id, message.id)} />
            </li>
          ))}
        </ol>
        {found?.pageInfo.hasNextPage && (
          <Button busy={isLooking} onClick={more}>
            <SearchIcon aria-hidden="true" />
            {t('search.more')}
          </Button>
        )}
      </div>
    </Dialog>
  );
}

interface ResultProps {
  message: Found['nodes'][number];
  sought: string;
  isElsewhere: boolean;
  onChoose: () => void;
}

function Result({ message, sought, isElsewhere, onChoose }: ResultProps) {
  const { t } = useTranslation('messages');
  const locale = useLocale();
  const { sender, room, createdAt } = message;
  const name = sender?.displayName ?? t('goneAccount');
  const at = new Date(createdAt);
  const words = message.text === '' ? excerpt(message, t) : message.text;
  return (
    <button type="button" className={styles.result} onClick={onChoose}>
      <Avatar id={sender?.id ?? ''} name={name} url={sender?.avatarUrl} size={2} />
      <span className={styles.words}>
        <span className={styles.head}>
          <bdi>{name}</bdi>
          {isElsewhere && <span>{t('search.in', { room: room.name })}</span>}
          <time dateTime={createdAt} title={fullTime(at, locale)}>
            {shortTime(at, { locale, now: new Date() })}
          </time>
        </span>
        <span dir="auto" className={styles.text}>
          {piecesAround(words, sought).map(({ text, isMatch }, index) => (isMatch ? <mark key={index}>{text}</mark> : text))}
        </span>
      </span>
    </button>
  );
}

/** What is found for a text, the newest first; pages of it are joined. */
function useFound(text: string, roomId: string | null) {
  const { api } = useDesk();
  const [found, setFound] = useState<Found | null>(null);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [isLooking, setLooking] = useState(false);
  const sought = text.trim();

  const look = async (after: string | null, isWanted: () => boolean) => {
    const search = { text: sought, roomId };
    const { data, error } = await api.direct.query(SearchMessages, { search, first: PAGE, after }).toPromise();
    if (!isWanted()) return;
    setLooking(false);
    setFaults(error ? faultsOf(error) : []);
    const page = data?.searchMessages;
    if (page) setFound((before) => (after && before ? { ...page, nodes: [...before.nodes, ...page.nodes] } : page));
  };
  useEffect(() => {
    setLooking(sought !== '');
    setFaults([]);
    if (sought === '') return setFound(null);
    let isWanted = true;
    const timer = setTimeout(() => void look(null, () => isWanted), PAUSE_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
    // The search is all of what `look` depends on.
  }, [sought, roomId]);
  const more = () => {
    setLooking(true);
    void look(found?.pageInfo.endCursor ?? null, () => true);
  };
  return { found, faults, isLooking, more };
}
