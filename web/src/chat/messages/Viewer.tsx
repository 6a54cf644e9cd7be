// Images of a message, as large as the window.
import { ChevronLeft, ChevronRight, Download, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ownUrl } from '../../shared/api/urls';
import { IconButton } from '../../shared/ui/Button';
import { useDesk } from './DeskProvider';
import { save } from './FileLinks';
import { freshLinks } from './links';
import type { Attachment } from './message';
import styles from './Viewer.module.css';

export interface ViewerProps {
  images: readonly Attachment[];
  index: number;
  onClose: () => void;
}

export default function Viewer({ images, index: first, onClose }: ViewerProps) {
  const { t } = useTranslation(['messages', 'common']);
  const { api } = useDesk();
  const dialog = useRef<HTMLDialogElement>(null);
  const [index, setIndex] = useState(first);
  const image = images[index];
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const step = (by: number) => setIndex((now) => Math.min(images.length - 1, Math.max(0, now + by)));
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'ArrowLeft') step(-1);
    if (event.key === 'ArrowRight') step(1);
  };
  const download = async () => {
    if (!image) return;
    const links = await freshLinks(api.direct, image.id);
    save(ownUrl(links?.url ?? image.url), image.fileName);
  };
  if (!image) return null;
  return (
    <dialog
      ref={dialog}
      className={styles.viewer}
      aria-label={image.fileName || t('viewer.title')}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={onKeyDown}
    >
      <header className={styles.head}>
        <bdi className={styles.name}>{image.fileName}</bdi>
        {images.length > 1 && <span>{t('viewer.place', { index: index + 1, count: images.length })}</span>}
        <IconButton label={t('viewer.download')} icon={<Download />} onClick={() => void download()} />
        <IconButton label={t('common:close')} icon={<X />} onClick={onClose} />
      </header>
      <div className={styles.stage} onClick={(event) => event.target === event.currentTarget && onClose()}>
        <Picture key={image.id} image={image} />
      </div>
      {images.length > 1 && (
        <>
          <IconButton className={styles.previous} label={t('viewer.previous')} icon={<ChevronLeft />} disabled={index === 0} onClick={() => step(-1)} />
          <IconButton className={styles.next} label={t('viewer.next')} icon={<ChevronRight />} disabled={index === images.length - 1} onClick={() => step(1)} />
        </>
      )}
    </dialog>
  );
}

/** The small form is there at once; the whole one takes its place when it has come. */
function Picture({ image }: { image: Attachment }) {
  const { api } = useDesk();
  const [links, setLinks] = useState(image);
  const [isAsked, setAsked] = useState(false);
  const refresh = async () => {
    if (isAsked) return;
    setAsked(true);
    setLinks((await freshLinks(api.direct, image.id)) ?? image);
  };
  const small = ownUrl(links.thumbnailUrl);
  return (
    <img
      className={styles.picture}
      src={ownUrl(links.url)}
      width={image.width ?? undefined}
      height={image.height ?? undefined}
      alt={image.fileName}
      draggable={false}
      style={small ? { backgroundImage: `url("${small}")` } : undefined}
      onError={() => void refresh()}
    />
  );
}
