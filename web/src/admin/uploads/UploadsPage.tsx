// Everyone's stored files.
import { useTranslation } from 'react-i18next';
import { graphql } from '../../shared/gql/admin';
import { useFormat } from '../parts/format';
import { List } from '../parts/List';
import { Narrow } from '../parts/Narrow';
import { Page, Section } from '../parts/Page';
import { PersonPicker } from '../parts/pickers';
import { placeIn, useNarrowing } from '../parts/place';
import { useRead } from '../parts/useRead';
import { useUploadColumns } from './UploadList';

export const Uploads = graphql(`
  query Uploads($ownerId: ID, $first: Int, $after: String, $last: Int, $before: String) {
    uploads(ownerId: $ownerId, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      totalBytes
      nodes {
        ...UploadLine
      }
      pageInfo {
        ...Places
      }
    }
  }
`);

export function UploadsPage() {
  const { t } = useTranslation('admin');
  const { bytes } = useFormat();
  const { address, get, set } = useNarrowing();
  const ownerId = get('owner');
  const read = useRead(Uploads, { ...(ownerId ? { ownerId } : {}), ...placeIn(address) });
  const columns = useUploadColumns({ whose: true });
  const uploads = read.data?.uploads;
  return (
    <Page title={t('nav.uploads')} lead={uploads && t('uploads.total', { size: bytes(uploads.totalBytes) })}>
      <Section title={t('uploads.all')}>
        <Narrow label={t('narrow')}>
          <PersonPicker label={t('uploads.owner')} value={ownerId} onChange={(owner) => set({ owner })} />
        </Narrow>
        <List
          label={t('nav.uploads')}
          read={read}
          list={uploads}
          counts="uploads"
          none={t('uploads.none')}
          columns={columns}
          rowKey={({ id }) => id}
        />
      </Section>
    </Page>
  );
}
