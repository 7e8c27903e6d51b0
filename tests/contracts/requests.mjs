// Holds recorded requests against the description (OpenAPI 3) of a forge's API.
//
// argument: the description's file
// stdin:    JSON [{method, path, body}], the path without the API's base
// stdout:   JSON [{operation, problems: [..]}] in the same order
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import formats from 'ajv-formats';

const description = JSON.parse(readFileSync(process.argv[2]));
const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: false, logger: false });
formats(ajv);
ajv.addSchema({ $id: 'forge', components: description.components });

// The description's own `$ref`s are relative to its root: name the root.
const rooted = (schema) =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"forge#/components/'));
const resolved = (node) => {
  if (!node?.$ref) return node;
  return node.$ref.slice(2).split('/').reduce((at, key) => at[key], description);
};

// The ref of GitHub's `git/ref/{ref}` has slashes; every other parameter is one segment.
const pattern = (template) => {
  const whole = template.replace('/git/ref/{ref}', '/git/ref/(?<ref>.+)');
  return new RegExp(`^${whole.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
};
const templates = Object.keys(description.paths)
  .map((template) => ({ template, pattern: pattern(template) }))
  // The most literal path wins, as in any router.
  .sort((a, b) => a.template.split('{').length - b.template.split('{').length);

// What GitHub's description says in prose only.
const prose = {
  'checks/create': (body) =>
    body.status === 'completed' && !body.conclusion ? ['completed needs a conclusion'] : [],
};

function value(schema, text) {
  const type = resolved(schema)?.type;
  if (type === 'integer' || type === 'number') return Number(text);
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

function complaints(schema, data, where) {
  const validate = ajv.compile(rooted(schema));
  if (validate(data)) return [];
  return validate.errors.map((error) => `${where}${error.instancePath}: ${error.message}`);
}

function parameters(item, operation, given) {
  const problems = [];
  const known = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolved);
  for (const place of ['path', 'query']) {
    for (const [name, text] of Object.entries(given[place])) {
      const parameter = known.find((it) => it.in === place && it.name === name);
      if (!parameter) problems.push(`${place} parameter ${name} is not described`);
      else problems.push(...complaints(parameter.schema, value(parameter.schema, text), name));
    }
    for (const parameter of known.filter((it) => it.in === place && it.required)) {
      if (!(parameter.name in given[place])) problems.push(`${parameter.name} is missing`);
    }
  }
  return problems;
}

// The description leaves unknown fields open; a misspelt or invented field,
// however deep, must not pass.
function unknown(given, data, where) {
  if (data === null || typeof data !== 'object') return [];
  const seen = [];
  const collect = (node) => {
    const schema = resolved(node);
    if (!schema) return;
    seen.push(schema);
    (schema.allOf ?? []).forEach(collect);
    // Of alternatives, those that the data follows: each has fields of its own.
    const follows = (it) => complaints(it, data, '').length === 0;
    for (const kind of ['oneOf', 'anyOf']) {
      const all = schema[kind] ?? [];
      const followed = all.filter(follows);
      (followed.length > 0 ? followed : all).forEach(collect);
    }
  };
  collect(given);
  if (Array.isArray(data)) {
    const items = seen.find((it) => it.items)?.items;
    return items ? data.flatMap((it, at) => unknown(items, it, `${where}/${at}`)) : [];
  }
  const fields = Object.assign({}, ...seen.map((it) => it.properties ?? {}));
  if (Object.keys(fields).length === 0) return [];
  return Object.entries(data).flatMap(([field, value]) =>
    field in fields
      ? unknown(fields[field], value, `${where}/${field}`)
      : [`${where}/${field} is not described`],
  );
}

function check({ method, path, body }) {
  const target = new URL(path, 'https://forge.example.com');
  const found = templates.find(
    (it) => it.pattern.test(target.pathname) && description.paths[it.template][method.toLowerCase()],
  );
  if (!found) return { operation: null, problems: ['no such operation'] };
  const item = description.paths[found.template];
  const operation = item[method.toLowerCase()];
  const groups = found.pattern.exec(target.pathname).groups ?? {};
  const decoded = Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]);
  const given = {
    path: Object.fromEntries(decoded),
    query: Object.fromEntries(target.searchParams),
  };
  const problems = parameters(item, operation, given);
  const media = resolved(operation.requestBody)?.content?.['application/json'];
  if (media && body !== null) {
    const schema = resolved(media.schema);
    problems.push(...complaints(schema, body, 'body'), ...unknown(schema, body, 'body'));
    problems.push(...(prose[operation.operationId]?.(body) ?? []));
  } else if (body !== null) problems.push('a body is not described');
  else if (resolved(operation.requestBody)?.required) problems.push('the body is missing');
  return { operation: operation.operationId, problems };
}

const requests = JSON.parse(readFileSync(0));
process.stdout.write(JSON.stringify(requests.map(check)));
