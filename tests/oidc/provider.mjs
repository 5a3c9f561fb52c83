// The oidc-provider of npm as an identity provider of one client, for tests/oidc/test_real_provider.py.
// Whoever signs in is the person whose address they type. It writes one line: its issuer.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.env.MODULES, 'package.json'));
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);

const server = createServer((request, response) => handle(request, response));
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const portal = process.env.PORTAL ?? 'http://portal.test';
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'countersign',
    client_secret: 'a secret of forty characters, more or less',
    redirect_uris: [`${portal}/sso/real/callback`],
    post_logout_redirect_uris: [`${portal}/sign-in`],
    backchannel_logout_uri: process.env.LOGGED_OUT,
    backchannel_logout_session_required: true,
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  scopes: ['openid', 'email', 'profile', 'groups'],
  cookies: { keys: ['only for tests'] },
  features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
  // It refuses to ask addresses inside, as we do; but here the portal is one.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: true, name: 'Real Person', groups: ['audit'] }),
  }),
});
const handle = provider.callback();
provider.on('server_error', (_, error) => console.error(error));
provider.on('backchannel.error', (_, error) => console.error(error));
process.on('SIGTERM', () => process.exit(0));
console.log(issuer);
