// The files of a message: images as they will be seen, in the space they will take; other files by name and size.
import { Download, File as FileIcon, ImageOff } from 'lucide-react';
import { type CSSProperties, type MouseEvent, useState } from 'react';
import { useApi } from '../../shared/api/ApiProvider';
import { ownUrl } from '../../shared/api/urls';
import { Button } from '../../shared/ui/Button';
import { classes } from '../../shared/ui/classes';
import { useDesk } from './DeskProvider';
import styles from './FileLinks.module.css';
import { freshLinks } from './links';
import type { Attachment } from './message';
import { usePane } from './pane';
import { sizeInWords } from './size';

/** The longer side of a single image, in rem. */
const LARGEST = { width: 22, height: 20 };

export function FileLinks({ attachments }: { attachments: readonly Attachment[] }) {
  const { view } = usePane();
  const images = attachments.filter(({ kind }) => kind === 'IMAGE');
  const files = attachments.filter(({ kind }) => kind === 'FILE');
  return (
    <>
      {images.length > 0 && (
        <div className={classes(styles.images, images.length > 1 && styles.many)}>
          {images.map((image, index) => (
            <ImageFrame key={image.id} image={image} isAlone={images.length === 1} onOpen={() => view(images, index)} />
          ))}
        </div>
      )}
      {files.map((file) => (
        <FileLink key={file.id} file={file} />
      ))}
    </>
  );
}

/** The space an image takes before it is loaded. */
export function frameOf(width: number | null, height: number | null): CSSProperties {
  const [wide, high] = [width || 4, height || 3];
  const rem = Math.min(LARGEST.width, (LARGEST.height * wide) / high, wide / 16);
  // Very narrow ones get room enough to be pressed.
  return { width: `${Math.max(rem, 5)}rem`, aspectRatio: `${wide} / ${high}` };
}

function ImageFrame({ image, isAlone, onOpen }: { image: Attachment; isAlone: boolean; onOpen: () => void }) {
  const { t } = usePane();
  const { source, isBroken, onError, again } = useImage(image);
  const style = isAlone ? frameOf(image.width, image.height) : undefined;
  if (isBroken) {
    return (
      <span className={classes(styles.image, styles.broken)} style={style}>
        <ImageOff aria-hidden="true" />
        <span>{t('file.broken')}</span>
        <Button look="plain" onClick={again}>
          {t('file.again')}
        </Button>
      </span>
    );
  }
  return (
    <button type="button" className={styles.image} style={style} aria-label={t('file.open', { name: image.fileName })} onClick={onOpen}>
      <img src={source} alt="" loading="lazy" decoding="async" draggable={false} onError={onError} />
    </button>
  );
}

/** Links of files are good for an hour or two: one that is refused is asked for anew, once. */
function useImage(image: Attachment) {
  const { direct } = useApi();
  const [fresh, setFresh] = useState<Attachment | null>(null);
  const [isBroken, setBroken] = useState(false);
  const load = async () => {
    const links = await freshLinks(direct, image.id);
    setFresh(links);
    setBroken(!links);
  };
  const { thumbnailUrl, url } = fresh ?? image;
  return {
    source: ownUrl(thumbnailUrl ?? url),
    isBroken,
    onError: () => (fresh ? setBroken(true) : void load()),
    again: () => void load(),
  };
}

function FileLink({ file }: { file: Attachment }) {
  const { t, locale } = usePane();
  const { api } = useDesk();
  const size = sizeInWords(file.byteSize, locale);
  // The link may be too old by now; one that was just made is not.
  const download = async (event: MouseEvent<HTMLAnchorElement>) => {
    event.preventDefault();
    const links = await freshLinks(api.direct, file.id);
    save(ownUrl(links?.url ?? file.url), file.fileName);
  };
  return (
    <a
      className={styles.file}
      href={ownUrl(file.url)}
      download={file.fileName}
      aria-label={t('file.download', { name: file.fileName, size })}
      onClick={(event) => void download(event)}
    >
      <FileIcon aria-hidden="true" />
      <bdi className={styles.name}>{file.fileName}</bdi>{' '}
      <span className={styles.size}>{size}</span>
      <Download aria-hidden="true" className={styles.download} />
    </a>
  );
}

export function save(url: string | undefined, fileName: string): void {
  if (!url) return;
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
}
