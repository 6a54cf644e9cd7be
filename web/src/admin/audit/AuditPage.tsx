// What administrators did.
import { useTranslation } from 'react-i18next';
import { Button } from '../../shared/ui/Button';
import { Narrow, NarrowChoice } from '../parts/Narrow';
import { Page, Section } from '../parts/Page';
import { PersonPicker } from '../parts/pickers';
import { placeIn, useNarrowing } from '../parts/place';
import { useRead } from '../parts/useRead';
import { AuditList, AuditLog } from './AuditList';
import { ACTIONS } from './sentence';

export function AuditPage() {
  const { t } = useTranslation('admin');
  const { address, get, set } = useNarrowing();
  const [actorId, targetId, action] = [get('actor'), get('target'), get('action')];
  const filter = { ...(actorId ? { actorId } : {}), ...(targetId ? { targetId } : {}), ...(action ? { action } : {}) };
  const read = useRead(AuditLog, { ...filter, ...placeIn(address) });
  return (
    <Page title={t('nav.audit')} lead={t('audit.lead')}>
      <Section title={t('audit.all')}>
        <Narrow label={t('narrow')}>
          <PersonPicker label={t('audit.actor')} value={actorId} onChange={(actor) => set({ actor })} />
          <NarrowChoice
            name="action"
            label={t('audit.action')}
            options={[['', t('audit.anyAction')], ...ACTIONS.map((each) => [each, t(`audit.actions.${each}`)] as const)]}
          />
          {targetId && <Button onClick={() => set({ target: '' })}>{t('audit.anyTarget')}</Button>}
        </Narrow>
        <AuditList label={t('nav.audit')} read={read} list={read.data?.auditLog} none={t('audit.none')} />
      </Section>
    </Page>
  );
}
