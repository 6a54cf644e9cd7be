// One message that a search found, and the way to remove it.
import { Paperclip } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { ownUrl } from '../../shared/api/urls';
import { graphql } from '../../shared/gql/admin';
import type { FoundMessageFragment } from '../../shared/gql/admin/graphql';
import { Button } from '../../shared/ui/Button';
import { toast } from '../../shared/ui/Toasts';
import { ActDialog } from '../parts/ActDialog';
import { Badge } from '../parts/Badge';
import { useFormat } from '../parts/format';
import { PersonLine } from '../parts/Person';
import { RoomBadges, RoomName } from '../parts/Room';
import { Time } from '../parts/Time';
import styles from './MessageLine.module.css';
import { marked } from './search';

export const FoundMessage = graphql(`
  fragment FoundMessage on Message {
    id
    seq
    text
    createdAt
    editedAt
    deletedAt
    sender {
      ...Person
    }
    room {
      ...RoomLine
    }
    attachments {
      id
      fileName
      byteSize
      url
    }
  }
`);

const DeleteMessage = graphql(`
  mutation DeleteMessage($input: DeleteMessageInput!) {
    deleteMessage(input: $input) {
      deletedMessageId
      message {
        ...FoundMessage
      }
      errors {
        ...Fault
      }
    }
  }
`);

export function MessageLine({ message, search }: { message: FoundMessageFragment; search: string }) {
  const { t } = useTranslation('admin');
  const { bytes } = useFormat();
  const { room, sender, createdAt, editedAt, deletedAt, text, attachments } = message;
  return (
    <li className={styles.message}>
      <div className={styles.head}>
        <PersonLine person={sender} />
        <span className={styles.where}>
          {t('messages.in')} <RoomName room={room} /> <RoomBadges room={room} />
        </span>
        <span className={styles.when}>
          <Time at={createdAt} />
        </span>
        {editedAt && <Badge>{t('messages.edited')}</Badge>}
        {!deletedAt && <Remove message={message} />}
      </div>
      {deletedAt ? (
        <p className={styles.gone}>{t('messages.removed')}</p>
      ) : (
        <p className={styles.text}>{marked(text, search).map((part, index) => (part.hit ? <mark key={index}>{part.text}</mark> : part.text))}</p>
      )}
      {attachments.length > 0 && (
        <ul className={styles.files}>
          {attachments.map(({ id, fileName, byteSize, url }) => (
            <li key={id}>
              <Paperclip aria-hidden="true" />
              <a href={ownUrl(url)} target="_blank" rel="noreferrer">
                {fileName}
              </a>
              <span>{bytes(byteSize)}</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Remove({ message }: { message: FoundMessageFragment }) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const [isAsked, setAsked] = useState(false);
  const name = message.sender?.displayName ?? t('people.gone');
  return (
    <>
      <Button className={styles.remove} aria-label={t('messages.removeNamed', { name, seq: message.seq })} onClick={() => setAsked(true)}>
        {t('messages.remove')}
      </Button>
      {isAsked && (
        <ActDialog
          title={t('messages.removeTitle')}
          action={t('messages.remove')}
          danger
          act={() => act(client, DeleteMessage, { input: { messageId: message.id } })}
          onDone={() => {
            setAsked(false);
            toast({ text: t('messages.removedNow') });
          }}
          onClose={() => setAsked(false)}
        >
          <p>{t('messages.removeText', { name, room: message.room.name })}</p>
          {message.text && <blockquote className={styles.quote}>{message.text}</blockquote>}
        </ActDialog>
      )}
    </>
  );
}
