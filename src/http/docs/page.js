/* global SwaggerUIBundle */
/**
 * The page /docs, in the browser. It offers every document of `documents`, which
 * docs/page-script.ts puts before this text, and proposes ids that exist: those of the caller's
 * account, and those of what the caller has just created or read.
 */
window.addEventListener('load', () => {
  const collections = {
    api_key: 'api-keys',
    role: 'roles',
    allow_list: 'allow-lists',
    user: 'users',
    invitation: 'invitations',
  }
  /** What examples of bodies have for the id of a role. */
  const exampleRole = '0192f3a4-5b6c-7d8e-9f01-23456789abcd'
  /** Ids by the collection that they belong to, and the receipt that came last. */
  const known = new Map()

  const ui = SwaggerUIBundle({
    dom_id: '#swagger-ui',
    url: documents[0].url,
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl, proposeKnownIds],
    layout: 'BaseLayout',
    requestInterceptor: askThisService,
    responseInterceptor: (response) => {
      remember(response.body)
      rememberAeon(response.url, response.body)
      return response
    },
  })
  offerDocuments()

  function offerDocuments() {
    const label = document.createElement('label')
    label.append('Document ')
    const select = document.createElement('select')
    for (const { name, url } of documents) select.append(new Option(name, url))
    select.addEventListener('change', () => {
      ui.specActions.updateUrl(select.value)
      ui.specActions.download(select.value)
    })
    label.append(select)
    document.getElementById('swagger-ui').before(label)
  }

  /**
   * The document names the address for clients; the browser may only ask the page's own. The cookie
   * of a session is left out: beside a token it is refused.
   */
  function askThisService(request) {
    const { pathname, search } = new URL(request.url, location.href)
    const url = location.origin + pathname + search
    const role = known.get('built-in role')
    if (typeof request.body === 'string' && role !== undefined) {
      request.body = request.body.replaceAll(`"role_id": "${exampleRole}"`, `"role_id": "${role}"`)
    }
    return Object.assign(request, { url, credentials: 'omit' })
  }

  function proposeKnownIds() {
    return {
      statePlugins: {
        spec: {
          wrapSelectors: {
            parameterWithMetaByIdentity: (original) => (_state, pathMethod, parameter) => {
              const found = original(pathMethod, parameter)
              const proposed = knownValue(pathMethod[0], parameter.get('name'))
              return proposed === undefined ? found : found.set('example', proposed)
            },
          },
        },
        auth: {
          wrapActions: {
            authorize: (original) => (given) => {
              const own = given.bearer ?? given.BearerAuthToken
              if (own) void readOwnAccount(own.value, own === given.BearerAuthToken)
              return original(given)
            },
          },
        },
      },
    }
  }

  /** What a parameter of a path is likely to mean; undefined leaves the example. */
  function knownValue(path, name) {
    if (name === 'account_id' && path.includes('{account_id}')) return known.get('accounts')
    if (name === 'project_id') return known.get('projects')
    if (path === '/v1/revisions/{revision}') return known.get(name)
    const [, collection] = /([a-z-]+)\/\{id\}/.exec(path) ?? []
    return name === 'id' ? known.get(collection) : undefined
  }

  /** A client of the Aeon API manages the account of its own key only. */
  async function readOwnAccount(token, isOfAeon) {
    const headers = { authorization: `Bearer ${token}` }
    const options = { headers, credentials: 'omit' }
    const response = await fetch('/v1/me', options)
    if (!response.ok) return
    const { account_id } = (await response.json()).api_key
    if (isOfAeon && known.get('accounts') !== account_id) known.clear()
    if (!known.has('accounts')) known.set('accounts', account_id)
    if (!isOfAeon) return
    const projects = `/api/public/v1/accounts/${account_id}/projects`
    const answer = await fetch(projects, options)
    if (answer.ok) rememberAeon(projects, await answer.json())
  }

  function remember(body) {
    if (typeof body !== 'object' || body === null) return
    if (body.account) known.set('accounts', body.account.id)
    for (const [field, collection] of Object.entries(collections)) {
      const one = body[field] ?? body[`${field}s`]?.[0]
      // The caller's own key is of the platform account: not what an operation is tried out on.
      if (!one || one.account_id !== known.get('accounts')) continue
      if (body[field] || !known.has(collection)) known.set(collection, one.id)
    }
    if (body.sessions?.[0]) known.set('sessions', body.sessions[0].id)
    if (body.receipt) known.set('revision', body.receipt.revision).set('id', body.receipt.id)
  }

  /** What a list has first, or what was created: the path ends with the name of its collection. */
  function rememberAeon(url, body) {
    const [, collection] = /\/api\/public\/v1\/.*\/([a-z-]+)(?:\?|$)/.exec(url) ?? []
    const isList = Array.isArray(body?.data)
    // A role that no operation deletes.
    const builtIn = isList && body.data.find(({ info }) => info?.is_user_defined === false)
    if (builtIn && collection === 'roles') known.set('built-in role', builtIn.info.id)
    const one = isList ? body.data[0] : body?.data
    const id = one?.info?.id ?? one?.id
    if (!collection || !id || (isList && known.has(collection))) return
    // The answer to an invitation has the id of the invitation, which is no user yet.
    if (collection === 'users' && !isList) return
    known.set(collection, id)
  }
})
