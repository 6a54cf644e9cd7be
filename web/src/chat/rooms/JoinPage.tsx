// An invite link.
import { useParams } from 'react-router';
import { JoinForm } from './JoinForm';

export default function JoinPage() {
  const { code = '' } = useParams();
  return <JoinForm key={code} code={code} />;
}
