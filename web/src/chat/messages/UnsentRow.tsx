// A message on its way: how far it is, and what to do when it does not get there.
import { useEffect, useState } from 'react';
import { timeOfDay } from '../../shared/i18n/time';
import { Button } from '../../shared/ui/Button';
import { classes } from '../../shared/ui/classes';
import { FILES_LOST, type Unsent, type UnsentFile } from '../composer/outbox';
import { useDesk } from './DeskProvider';
import { excerpt } from './excerpt';
import { frameOf } from './FileLinks';
import fileStyles from './FileLinks.module.css';
import styles from './Message.module.css';
import { StateSign } from './MessageRow';
import { MessageText } from './MessageText';
import { usePane } from './pane';
import { QuoteWords } from './Quote';
import quoteStyles from './Quote.module.css';
import type { Standing } from './rows';
import { sizeInWords } from './size';

export interface UnsentRowProps extends Pick<Standing, 'beginsGroup' | 'endsGroup'> {
  unsent: Unsent;
  isActive: boolean;
}

export function UnsentRow({ unsent, beginsGroup, endsGroup, isActive }: UnsentRowProps) {
  const { t, locale } = usePane();
  const { text, replyTo, files, state } = unsent;
  const attachments = files.map(({ width }) => ({ kind: width === null ? ('FILE' as const) : ('IMAGE' as const) }));
  const label = `${t('label', { name: t('you'), time: t(`state.${state}`), text: excerpt({ text, attachments }, t) })}`;
  return (
    <article
      className={classes(styles.message, styles.own, beginsGroup && styles.begins, endsGroup && styles.ends, styles.unsent)}
      data-key={unsent.key}
      data-state={state}
      tabIndex={isActive ? 0 : -1}
      aria-label={label}
    >
      <div className={styles.body}>
        <div className={styles.bubble}>
          {replyTo && (
            <div className={quoteStyles.quote}>
              <QuoteWords name={replyTo.senderName} words={replyTo.text} />
            </div>
          )}
          {files.map((file) => (
            <UnsentFileFrame key={file.localId} file={file} isAlone={files.length === 1} />
          ))}
          <div className={styles.text}>
            {text !== '' && <MessageText text={text} />}
            <span className={styles.meta}>
              {state !== 'failed' && <Progress files={files} />}
              <time>{timeOfDay(new Date(unsent.writtenAt), locale)}</time>
              <StateSign state={state} />
            </span>
          </div>
        </div>
        {state === 'failed' && <Failure unsent={unsent} />}
      </div>
    </article>
  );
}

function Failure({ unsent: { key, fault } }: { unsent: Unsent }) {
  const { t, retry, discard, takeBack } = usePane();
  const isLost = fault === FILES_LOST;
  return (
    <div className={styles.failure} role="alert">
      <p>
        <strong>{t('state.failed')}.</strong> {isLost ? t('failed.filesLost') : fault}
      </p>
      <div>
        {!isLost && <Button onClick={() => retry(key)}>{t('failed.retry')}</Button>}
        <Button look="plain" onClick={() => takeBack(key)}>
          {t('failed.edit')}
        </Button>
        <Button look="plain" onClick={() => discard(key)}>
          {t('failed.discard')}
        </Button>
      </div>
    </div>
  );
}

function UnsentFileFrame({ file, isAlone }: { file: UnsentFile; isAlone: boolean }) {
  const { locale } = usePane();
  if (file.previewUrl && file.width !== null) {
    return (
      <span className={fileStyles.image} style={isAlone ? frameOf(file.width, file.height) : { width: '7rem', aspectRatio: '1' }}>
        <img src={file.previewUrl} alt={file.name} draggable={false} />
      </span>
    );
  }
  return (
    <span className={fileStyles.file}>
      <bdi className={fileStyles.name}>{file.name}</bdi>
      <span className={fileStyles.size}>{sizeInWords(file.byteSize, locale)}</span>
    </span>
  );
}

/** How much of the files is sent, in percent. */
function Progress({ files }: { files: readonly UnsentFile[] }) {
  const { t } = usePane();
  const { uploads } = useDesk();
  const [part, setPart] = useState(1);
  useEffect(() => {
    const total = files.reduce((sum, { byteSize }) => sum + byteSize, 0);
    const sentOf = ({ localId, uploadId, byteSize }: UnsentFile) => {
      const upload = uploads.get(localId)?.state;
      if (uploadId !== null || upload?.is === 'stored') return byteSize;
      return upload?.is === 'sending' ? upload.part * byteSize : 0;
    };
    const measure = () => setPart(total === 0 ? 1 : files.reduce((sum, file) => sum + sentOf(file), 0) / total);
    measure();
    return uploads.onChange(measure);
  }, [files, uploads]);
  return part < 1 ? <span>{t('state.uploading', { percent: Math.floor(part * 100) })}</span> : null;
}
