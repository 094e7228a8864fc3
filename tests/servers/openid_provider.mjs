// An identity provider (npm oidc-provider) on loopback, with a log-in form that takes any name.
//
// Told by one JSON argument: clients, keys. Prints its issuer once it listens. The level (acr) a
// person signed in at is what they type in the form, so that a test can sign in too weakly.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const told = JSON.parse(process.argv[2]);
const key = (type, options, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', alg,
});

const server = createServer();
await new Promise((ready) => server.listen(told.port ?? 0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: told.clients,
  jwks: { keys: [key('ec', { namedCurve: 'P-256' }, 'ES256'), key('rsa', { modulusLength: 2048 }, 'RS256')] },
  cookies: { keys: ['only', 'for', 'tests'] },
  acrValues: ['eidas1', 'eidas2', 'eidas3'],
  scopes: ['openid', 'email', 'given_name', 'family_name'],
  claims: { openid: ['sub', 'acr'], email: ['email'], given_name: ['given_name'], family_name: ['family_name'] },
  conformIdTokenClaims: true,
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    encryption: { enabled: true },
    jwtUserinfo: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      // The question is answered by itself, as FranceConnect does.
      logoutSource: async (ctx, form) => {
        ctx.body = `<!doctype html><title>Sortie</title>${form}<button name="logout" value="yes" form="op.logoutForm">Sortir</button>`;
      },
    },
  },
  interactions: { url: (_, interaction) => `/entree/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid email given_name family_name');
    await grant.save();
    return grant;
  },
  findAccount: async (_, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id, email: `${id}@mail.example`, given_name: 'Angela Claire Louise', family_name: 'DUBOIS',
    }),
  }),
});

const page = `<!doctype html><html lang="fr"><title>Entrée</title><h1>Fournisseur d'essai</h1><form method="post">
<label>Nom <input name="name"></label><label>Niveau <input name="acr" value="eidas1"></label>
<button name="go" value="yes">Entrer</button><button name="go" value="no">Refuser</button></form>`;

async function enter(request, response) {
  if (request.method === 'GET') {
    await provider.interactionDetails(request, response);
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    return response.end(page);
  }
  let text = '';
  for await (const chunk of request) text += chunk;
  const form = new URLSearchParams(text);
  const result = form.get('go') === 'no'
    ? { error: 'access_denied' }
    : { login: { accountId: form.get('name'), acr: form.get('acr'), remember: false } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const answer = provider.callback();
server.on('request', (request, response) => {
  const task = request.url.startsWith('/entree/') ? enter(request, response) : answer(request, response);
  Promise.resolve(task).catch(() => { response.statusCode = 500; response.end(); });
});
console.log(issuer);
