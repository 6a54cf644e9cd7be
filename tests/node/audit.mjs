// Runs the GraphQL-over-HTTP audit suite against a running server. Every audit counts: MUST, SHOULD and MAY alike.
//
//   node audit.mjs URL          such as http://127.0.0.1:8000/graphql, or the server's base address
import { auditServer, serverAudits } from 'graphql-http';

const EXPECTED = 61;

const given = process.argv[2];
if (!given) {
  console.error('usage: node audit.mjs URL');
  process.exit(2);
}
const url = new URL(given);
if (url.pathname === '/') url.pathname = '/graphql';

const known = serverAudits({ url: url.href }).length;
if (known !== EXPECTED) {
  console.error(`the suite has ${known} audits and not ${EXPECTED}: has the package been updated?`);
  process.exit(1);
}

const results = await auditServer({ url: url.href }).catch((error) => {
  console.error(`${url.href} could not be reached: ${error.cause?.message ?? error.message}`);
  process.exit(1);
});
const missed = results.filter((result) => result.status !== 'ok');
for (const { status, id, name, reason } of missed) console.log(`${status} ${id} ${name}: ${reason}`);
console.log(`${results.length - missed.length} of ${known} ok`);
process.exit(missed.length === 0 && results.length === known ? 0 : 1);
