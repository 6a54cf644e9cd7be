// The operations the playground opens with, in the order to run them.
import type { GraphiQLProps } from 'graphiql';

type TabDefinition = NonNullable<GraphiQLProps['defaultTabs']>[number];

const PASSWORD = 'a-quiet-corner-table';

export const TABS: TabDefinition[] = [
  tab(
    `# 1. Sign up: makes an account and signs you in.
# The page keeps the access token of the answer (see
# Token above) and sends it with later requests.
# Is the name taken? Change it below, or try LogIn.
mutation SignUp($input: SignupInput!) {
  signup(input: $input) {
    user {
      id
      username
      displayName
    }
    tokens {
      accessToken
      accessExpiresAt
      refreshToken
    }
    errors {
      code
      message
      path
    }
  }
}
`,
    {
      input: {
        username: 'amber',
        email: 'amber@example.org',
        password: PASSWORD,
        firstName: 'Amber',
        lastName: 'Reyes',
      },
    },
  ),
  tab(
    `# 2. Log in: with the username or the e-mail address.
# The new token takes the place of the old one.
mutation LogIn($input: LoginInput!) {
  login(input: $input) {
    user {
      id
      username
    }
    tokens {
      accessToken
      accessExpiresAt
      refreshToken
    }
    errors {
      code
      message
      path
    }
  }
}
`,
    { input: { usernameOrEmail: 'amber', password: PASSWORD } },
  ),
  tab(
    `# 3. Create a room: the playground remembers its id
# and puts it wherever variables say "$lastRoomId",
# as those of the next tabs do.
mutation CreateRoom($input: CreateRoomInput!) {
  createRoom(input: $input) {
    room {
      id
      name
      kind
      memberCount
    }
    created
    errors {
      code
      message
      path
    }
  }
}
`,
    { input: { kind: 'GROUP', name: 'The corner table', memberIds: [] } },
  ),
  tab(
    `# 4. Send: "$lastRoomId" below becomes the id
# of the room you made last. To send to another room,
# write its id there instead.
mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message {
      id
      seq
      text
      createdAt
      sender {
        username
      }
    }
    duplicate
    errors {
      code
      message
      path
    }
  }
}
`,
    { input: { roomId: '$lastRoomId', text: 'Good evening, everyone.' } },
  ),
  tab(
    `# 5. Reply: "$lastMessageId" below becomes the id of
# the message you sent last.
mutation Reply($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message {
      id
      seq
      text
      replyTo {
        seq
        text
        replyCount
      }
    }
    errors {
      code
      message
      path
    }
  }
}
`,
    { input: { roomId: '$lastRoomId', text: 'Is this chair free?', replyToId: '$lastMessageId' } },
  ),
  tab(
    `# 6. React: the same once more changes nothing, and
# with "on": false the reaction is taken back.
mutation React($input: ReactToMessageInput!) {
  reactToMessage(input: $input) {
    message {
      seq
      reactions {
        emoji
        count
        viewerReacted
      }
    }
    errors {
      code
      message
      path
    }
  }
}
`,
    { input: { messageId: '$lastMessageId', emoji: '☕', on: true } },
  ),
  tab(
    `# 7. Page: the newest messages, oldest to newest.
# For the page before this one, write
# pageInfo.startCursor in "before". Leave roomId
# out to read all your rooms at once.
query Page($roomId: ID, $last: Int, $before: String) {
  messages(
    roomId: $roomId
    last: $last
    before: $before
  ) {
    totalCount
    edges {
      cursor
      node {
        seq
        text
        createdAt
        sender {
          username
        }
      }
    }
    pageInfo {
      hasPreviousPage
      startCursor
    }
  }
}
`,
    { roomId: '$lastRoomId', last: 20, before: null },
  ),
  tab(
    `# 8. Mark as read: "$lastSeq" below becomes the number
# of the message you sent last. Others are told, too.
mutation MarkRead($input: MarkReadInput!) {
  markRead(input: $input) {
    room {
      viewerState {
        lastReadSeq
        unreadCount
      }
    }
    errors {
      code
      message
      path
    }
  }
}
`,
    { input: { roomId: '$lastRoomId', seq: '$lastSeq' } },
  ),
  tab(
    `# 9. Search: beginnings of words, in all your rooms or
# in one. The newest come first.
query Search($search: MessageSearch!, $first: Int) {
  searchMessages(search: $search, first: $first) {
    totalCount
    nodes {
      seq
      text
      createdAt
      room {
        name
      }
      sender {
        username
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    { search: { text: 'even every', roomId: null }, first: 20 },
  ),
  tab(
    `# 10. Sessions: where you are signed in, and what this
# server allows. endSession ends one of them, or all
# but this one.
query Sessions {
  viewer {
    username
    sessions {
      id
      client
      door
      lastUsedAt
      current
    }
  }
  serverInfo {
    version
    maxTextLength
    maxUploadBytes
    maxPageSize
    signupOpen
  }
}
`,
    {},
  ),
  tab(
    `# 11. Subscribe: begins with the newest message, then
# shows each new one in its place as it is sent.
# It stops when you press the button again or open
# another tab in this page. To send meanwhile, use a
# second window: the browser's "Duplicate tab" takes
# the token and the room along.
subscription Subscribe($roomId: ID!, $last: Int) {
  messageAdded(roomId: $roomId, last: $last) {
    cursor
    replayed
    message {
      seq
      text
      createdAt
      sender {
        username
      }
    }
  }
}
`,
    { roomId: '$lastRoomId', last: 1 },
  ),
];

/** The tab to start in: the one left open before a reload, or the first. */
export function openingTab(storage: Storage): TabDefinition | undefined {
  try {
    const stored = JSON.parse(storage.getItem('graphiql:tabState') ?? '') as StoredTabs;
    return stored.tabs[stored.activeTabIndex] ?? TABS[0];
  } catch {
    return TABS[0];
  }
}

interface StoredTabs {
  tabs: TabDefinition[];
  activeTabIndex: number;
}

function tab(query: string, variables: object): TabDefinition {
  return { query, variables: JSON.stringify(variables, null, 2), headers: null };
}
