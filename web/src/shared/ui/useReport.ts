import { useTranslation } from 'react-i18next';
import type { Outcome } from '../api/act';
import { sentence } from '../api/faults';
import { toast } from './Toasts';

/** Says what went wrong with something that no form stands for, where something did. */
export function useReport(): (outcome: Outcome<unknown>) => void {
  const { t } = useTranslation('common');
  return (outcome) => {
    if (outcome.ok) return;
    for (const fault of outcome.faults) toast({ text: sentence(fault, t), tone: 'bad' });
  };
}
