// Who is signed in, as the page shows them.
import { useQuery } from 'urql';
import { graphql } from '../../shared/gql/chat';
import type { ViewerFragment } from '../../shared/gql/chat/graphql';

export const ViewerFragmentDocument = graphql(`
  fragment Viewer on User {
    ...PersonCard
    isAdmin
  }
`);

const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      ...Viewer
    }
  }
`);

/** Null until the server has said. */
export function useViewer(): ViewerFragment | null {
  const [{ data }] = useQuery({ query: ViewerQuery });
  return data?.viewer ?? null;
}
