// The files that go with what is written: how far each is, and why one does not go.
import { File as FileIcon, RotateCw, X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { mayPass, sentence } from '../../shared/api/faults';
import { useLocale } from '../../shared/i18n/useLocale';
import { IconButton } from '../../shared/ui/Button';
import { classes } from '../../shared/ui/classes';
import { useDesk } from '../messages/DeskProvider';
import { sizeInWords } from '../messages/size';
import styles from './Chips.module.css';
import type { Limits, Refusal } from './refusals';
import type { Upload } from './uploads';
import type { Composer } from './useComposer';

export function Chips({ writing, limits }: { writing: Composer; limits: Limits | null }) {
  const { t } = useTranslation('messages');
  if (writing.files.length === 0 && writing.refusals.length === 0) return null;
  return (
    <div className={styles.chips}>
      <ul aria-label={t('composer.files')}>
        {writing.files.map((id) => (
          <Chip key={id} id={id} onRemove={() => writing.detach(id)} />
        ))}
      </ul>
      <div role="alert">
        {limits && writing.refusals.map((refusal, index) => <Reason key={index} refusal={refusal} limits={limits} />)}
      </div>
    </div>
  );
}

function Reason({ refusal, limits }: { refusal: Refusal; limits: Limits }) {
  const { t } = useTranslation('messages');
  const locale = useLocale();
  const words = (bytes: number) => sizeInWords(bytes, locale);
  return (
    <p className={styles.reason}>
      {refusal.is === 'tooMany'
        ? t('composer.tooMany', { count: limits.maxUploadsPerMessage })
        : t('composer.tooLarge', { name: refusal.file.name, size: words(refusal.file.size), max: words(limits.maxUploadBytes) })}
    </p>
  );
}

function Chip({ id, onRemove }: { id: string; onRemove: () => void }) {
  const { t } = useTranslation('messages');
  const { t: common } = useTranslation('common');
  const { uploads } = useDesk();
  const upload = useSyncExternalStore(uploads.onChange, () => uploads.get(id));
  if (!upload) return null;
  const { file, previewUrl, state } = upload;
  const fault = state.is === 'failed' ? state.fault : null;
  return (
    <li className={classes(styles.chip, fault && styles.failed)}>
      {previewUrl ? <img className={styles.preview} src={previewUrl} alt="" /> : <FileIcon className={styles.sign} aria-hidden="true" />}
      <span className={styles.words}>
        <bdi>{file.name}</bdi>
        {fault ? <span role="alert">{sentence(fault, common)}</span> : <Progress upload={upload} />}
      </span>
      {fault && mayPass(fault) && (
        <IconButton label={t('composer.retry', { name: file.name })} icon={<RotateCw />} onClick={() => void uploads.stored(id)} />
      )}
      <IconButton label={t('composer.remove', { name: file.name })} icon={<X />} onClick={onRemove} />
    </li>
  );
}

function Progress({ upload: { file, state } }: { upload: Upload }) {
  const { t } = useTranslation('messages');
  const locale = useLocale();
  const percent = state.is === 'stored' ? 100 : state.is === 'sending' ? Math.floor(state.part * 100) : 0;
  return (
    <>
      <span>{sizeInWords(file.size, locale)}</span>
      {state.is !== 'stored' && (
        <progress max={100} value={percent} aria-label={t('composer.progress', { name: file.name, percent })} />
      )}
    </>
  );
}
