// Stored files, of everyone or of one person.
import { File } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ownUrl } from '../../shared/api/urls';
import { graphql } from '../../shared/gql/admin';
import type { UploadLineFragment } from '../../shared/gql/admin/graphql';
import { Badge } from '../parts/Badge';
import type { Column } from '../parts/DataTable';
import { useFormat } from '../parts/format';
import { PersonLine } from '../parts/Person';
import { RoomName } from '../parts/Room';
import { Time } from '../parts/Time';
import styles from './UploadList.module.css';

export const UploadLine = graphql(`
  fragment UploadLine on Upload {
    id
    fileName
    byteSize
    isImage
    createdAt
    complete
    url
    thumbnailUrl
    owner {
      ...Person
    }
    room {
      ...RoomLine
    }
  }
`);

/** `whose`: with a column for the person. */
export function useUploadColumns({ whose }: { whose: boolean }): readonly Column<UploadLineFragment>[] {
  const { t } = useTranslation('admin');
  const { bytes } = useFormat();
  const owner: Column<UploadLineFragment> = { head: t('uploads.owner'), cell: (upload) => <PersonLine person={upload.owner} /> };
  return [
    { head: t('uploads.file'), cell: (upload) => <FileName upload={upload} /> },
    ...(whose ? [owner] : []),
    { head: t('uploads.room'), cell: ({ room }) => room && <RoomName room={room} /> },
    { head: t('uploads.size'), kind: 'number', cell: ({ byteSize }) => bytes(byteSize) },
    { head: t('uploads.at'), cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
}

function FileName({ upload: { fileName, thumbnailUrl, url, complete } }: { upload: UploadLineFragment }) {
  const { t } = useTranslation('admin');
  const picture = ownUrl(thumbnailUrl);
  const link = ownUrl(url);
  return (
    <span className={styles.file}>
      <span className={styles.thumbnail}>
        {picture ? <img src={picture} alt="" loading="lazy" decoding="async" /> : <File aria-hidden="true" />}
      </span>
      {link ? (
        <a href={link} target="_blank" rel="noreferrer">
          {fileName}
        </a>
      ) : (
        fileName
      )}
      {!complete && <Badge tone="warn">{t('uploads.incomplete')}</Badge>}
    </span>
  );
}
