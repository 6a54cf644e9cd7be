// Searching the messages of all rooms. The server writes down who searches.
import { Search, ShieldAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { graphql } from '../../shared/gql/admin';
import { Button } from '../../shared/ui/Button';
import { Switch, TextField } from '../../shared/ui/Field';
import { Bones, ListFaults } from '../parts/List';
import { Page, Section } from '../parts/Page';
import { Pager, useTotal } from '../parts/Pager';
import { PersonPicker, RoomPicker } from '../parts/pickers';
import { placeIn, useNarrowing } from '../parts/place';
import { useRead } from '../parts/useRead';
import { MessageLine } from './MessageLine';
import styles from './MessagesPage.module.css';
import { addressOf, searchOf, wantedIn } from './search';

const SearchMessages = graphql(`
  query SearchMessages($search: MessageSearch!, $first: Int, $after: String, $last: Int, $before: String) {
    searchMessages(search: $search, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      nodes {
        ...FoundMessage
      }
      pageInfo {
        ...Places
      }
    }
  }
`);

export function MessagesPage() {
  const { t } = useTranslation('admin');
  const { address } = useNarrowing();
  const [searches, setSearches] = useState(0);
  return (
    <Page title={t('nav.messages')} lead={t('messages.lead')}>
      <SearchForm onSearch={() => setSearches(searches + 1)} />
      {/* Drawn anew for each search, so that the same again asks again. */}
      {wantedIn(address).text !== '' && <Results key={searches} />}
    </Page>
  );
}

function SearchForm({ onSearch }: { onSearch: () => void }) {
  const { t } = useTranslation('admin');
  const { address, set } = useNarrowing();
  const [wanted, setWanted] = useState(() => wantedIn(address));
  const [isMissing, setMissing] = useState(false);
  const change = (changes: Partial<typeof wanted>) => setWanted({ ...wanted, ...changes });
  // The address may be changed by others than this form: by going back, or by a link.
  const given = JSON.stringify(wantedIn(address));
  const [told, setTold] = useState(given);
  if (given !== told) {
    setTold(given);
    setWanted(wantedIn(address));
  }
  return (
    <form
      className={styles.form}
      role="search"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const isEmpty = wanted.text.trim() === '';
        setMissing(isEmpty);
        if (isEmpty) return;
        set(addressOf(wanted));
        onSearch();
      }}
    >
      <TextField
        className={styles.text}
        type="search"
        label={t('messages.text')}
        hint={t('messages.textHint')}
        value={wanted.text}
        autoComplete="off"
        fault={isMissing ? t('messages.textMissing') : undefined}
        onChange={(event) => change({ text: event.target.value })}
      />
      <RoomPicker label={t('messages.room')} value={wanted.roomId} onChange={(roomId) => change({ roomId })} />
      <PersonPicker label={t('messages.sender')} value={wanted.senderId} onChange={(senderId) => change({ senderId })} />
      <TextField type="date" label={t('messages.since')} value={wanted.since} max={wanted.until || undefined} onChange={(event) => change({ since: event.target.value })} />
      <TextField type="date" label={t('messages.until')} value={wanted.until} min={wanted.since || undefined} onChange={(event) => change({ until: event.target.value })} />
      <Switch label={t('messages.files')} checked={wanted.files} onChange={(files) => change({ files })} />
      <div className={styles.foot}>
        <p className={styles.logged}>
          <ShieldAlert aria-hidden="true" />
          {t('messages.logged')}
        </p>
        <Button type="submit" look="primary">
          <Search aria-hidden="true" />
          {t('messages.search')}
        </Button>
      </div>
    </form>
  );
}

function Results() {
  const { t } = useTranslation('admin');
  const total = useTotal();
  const { address } = useNarrowing();
  const wanted = wantedIn(address);
  const read = useRead(SearchMessages, { search: searchOf(wanted), ...placeIn(address) });
  const found = read.data?.searchMessages;
  return (
    <Section title={t('messages.found')}>
      <ListFaults read={read} />
      {!found && read.isBusy && <Bones />}
      {found && found.nodes.length === 0 && <p role="status">{t('messages.none')}</p>}
      {found && found.nodes.length > 0 && (
        <ul className={styles.found} aria-busy={read.isBusy}>
          {found.nodes.map((message) => (
            <MessageLine key={message.id} message={message} search={wanted.text} />
          ))}
        </ul>
      )}
      {found && <Pager label={t('messages.found')} total={total('messages', found.totalCount)} places={found.pageInfo} />}
    </Section>
  );
}
