// Finding people, and rooms that anyone may join.
import { graphql } from '../../shared/gql/chat';

export const FindPeople = graphql(`
  query FindPeople($search: String!, $first: Int!, $after: String) {
    users(first: $first, after: $after, filter: { search: $search, excludeViewer: true }) {
      nodes {
        ...PersonCard
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const FindRooms = graphql(`
  query FindRooms($search: String!, $first: Int!, $after: String) {
    rooms(first: $first, after: $after, filter: { scope: PUBLIC, search: $search }) {
      nodes {
        id
        name
        description
        memberCount
        capacity
        hasPassword
        viewerRole
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
