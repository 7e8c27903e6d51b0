// Prints GitHub's own example answers of the operations that are named as
// arguments: JSON {operation: [bodies of success]}.
import { readFileSync } from 'node:fs';

const url = new URL('../node_modules/@octokit/openapi/generated/api.github.com.json', import.meta.url);
const description = JSON.parse(readFileSync(url));
const resolved = (node) =>
  node?.$ref ? node.$ref.slice(2).split('/').reduce((at, key) => at[key], description) : node;

const wanted = new Set(process.argv.slice(2));
const examples = {};
for (const item of Object.values(description.paths)) {
  for (const operation of Object.values(item)) {
    if (!wanted.has(operation?.operationId)) continue;
    const success = Object.entries(operation.responses).filter(([status]) => status < 300);
    examples[operation.operationId] = success.flatMap(([, response]) => {
      const all = resolved(response).content?.['application/json']?.examples ?? {};
      return Object.values(all).map((example) => resolved(example).value);
    });
  }
}
process.stdout.write(JSON.stringify(examples));
