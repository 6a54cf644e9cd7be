// One room: its messages, and a place to write.
import { useParams } from 'react-router';

export default function RoomPage() {
  const { roomId } = useParams();
  return <main aria-label={roomId} />;
}
