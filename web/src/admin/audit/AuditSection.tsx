// The newest entries about one person or room, or by one administrator, as a part of their page.
import { Section } from '../parts/Page';
import { ShowAll } from '../parts/ShowAll';
import { useRead } from '../parts/useRead';
import { AuditList, AuditLog } from './AuditList';

const ROWS = 5;

export interface AuditSectionProps {
  title: string;
  filter: { readonly targetId: string } | { readonly actorId: string };
  none: string;
}

export function AuditSection({ title, filter, none }: AuditSectionProps) {
  const read = useRead(AuditLog, { ...filter, first: ROWS });
  const [[name, id] = ['', '']] = Object.entries(filter);
  return (
    <Section title={title} actions={<ShowAll to={`/audit?${name === 'actorId' ? 'actor' : 'target'}=${id}`} />}>
      <AuditList label={title} read={read} list={read.data?.auditLog} none={none} pages={false} />
    </Section>
  );
}
